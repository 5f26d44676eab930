"""The commands of `python -m rag`: thin wrappers that parse, call, print."""
