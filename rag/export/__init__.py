"""Write a document as Markdown, DOCX or PDF, and compare two texts word by word."""
