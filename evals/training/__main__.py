"""Train the classifier again: `python -m evals.training [--out FILE] [--epochs N] [--seed N]`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch

from evals.training.examples import pair_groups, text_groups
from evals.training.network import TrainedNetwork
from evals.training.train import train
from rag.checks.classifier import PATH
from rag.knowledge.principles import load_principles

HEADS = {"text": 2, "pair": 4}
GROUPS = {"text": text_groups, "pair": pair_groups}


def main() -> None:
    """Train the network of single texts and that of texts beside their drafts; write both."""
    parser = argparse.ArgumentParser(prog="python -m evals.training", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=PATH)
    parser.add_argument("--only", choices=list(HEADS), help="train one network, keep the other")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    arrays = dict(np.load(args.out)) if args.only and args.out.is_file() else {}
    for name in [args.only] if args.only else list(HEADS):
        torch.manual_seed(args.seed)
        principles = ["P12"] if name == "pair" else [id for id in load_principles() if id != "P12"]
        network = TrainedNetwork(principles, HEADS[name])
        train(network, partial(GROUPS[name], "train"), args.epochs, args.seed)
        arrays |= {f"{name}/{key}": array for key, array in network.arrays().items()}
        np.savez_compressed(args.out, **arrays)


if __name__ == "__main__":
    main()
