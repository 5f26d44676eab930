"""The commands of `python -m evals`, one a function; `main` parses and maps errors to codes."""

from evals.command_line.main import main

__all__ = ["main"]
