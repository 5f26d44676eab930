"""Text hygiene and splitting: cleaning, language, sentences."""
