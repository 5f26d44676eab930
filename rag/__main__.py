"""Run `python -m rag`. Output is UTF-8, whatever the console's own encoding is."""

import io
import sys

from rag.command_line.main import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
