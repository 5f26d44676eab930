"""Run `python -m evals`."""

import sys

from evals.command_line import main

if __name__ == "__main__":
    sys.exit(main())
