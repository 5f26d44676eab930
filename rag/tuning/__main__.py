"""Train the adapter again: `python -m rag.tuning [--out FILE] [--seconds N]`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rag.model.weights import weights_path
from rag.tuning.base import dequantise
from rag.tuning.convert import to_gguf
from rag.tuning.train import train


def main() -> None:
    """Dequantise the embedded model, train on the exemplars, write the adapter."""
    parser = argparse.ArgumentParser(prog="python -m rag.tuning", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("adapter.gguf"))
    parser.add_argument("--seconds", type=float, default=3900.0, help="how long to train (3900)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        dequantise(weights_path(), base)
        to_gguf(train(base, Path(folder) / "adapter", args.seconds), args.out)


if __name__ == "__main__":
    main()
