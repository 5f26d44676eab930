"""Run `python -m rag`."""

import sys

from rag.command_line.main import main

if __name__ == "__main__":
    sys.exit(main())
