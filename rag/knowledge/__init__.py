"""Load and validate what the product knows from the files in knowledge/."""
