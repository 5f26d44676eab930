"""Write a document as Markdown, DOCX or PDF, and compare two texts word by word."""

from rag.export.docx import to_docx
from rag.export.markdown import to_markdown
from rag.export.pdf import to_pdf

__all__ = ["to_docx", "to_markdown", "to_pdf"]
