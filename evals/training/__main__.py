"""Train the classifier again: `python -m evals.training [--out FILE] [--epochs N] [--seed N]`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch

from evals.training.examples import text_groups
from evals.training.network import TrainedNetwork
from evals.training.train import train
from rag.checks.classifier import PATH
from rag.knowledge.principles import load_principles


def main() -> None:
    """Train on the train split, all principles but P12 at once, and write adapter and heads."""
    parser = argparse.ArgumentParser(prog="python -m evals.training", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=PATH)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    network = TrainedNetwork([id for id in load_principles() if id != "P12"])
    train(network, partial(text_groups, "train"), args.epochs, args.seed)
    np.savez_compressed(args.out, **network.arrays())


if __name__ == "__main__":
    main()
