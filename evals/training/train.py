"""Train one network: log-loss on every label, and a margin between a good text and its twin."""

from __future__ import annotations

import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from statistics import fmean

import torch
from torch.nn import functional

from evals.training.examples import Group
from evals.training.network import MARKS, TrainedNetwork
from rag.encoder.page import WINDOW, alone, read_page

ADAPTER_RATE, HEAD_RATE, WARM_UP = 6e-4, 2e-3, 60
SMOOTHED = 0.03  # a label is never quite certain
MOST_WEIGHT = 12.0  # of a broken text beside the many that hold
MARGIN, MARGIN_WEIGHT = 2.0, 0.5
# Telling what each token belongs to is learnt beside: without it the training may never get going.
MARK_WEIGHT, UNKNOWN = 0.3, -100
SHOWN = 50  # steps over which the progress line takes the mean loss
Groups = Callable[[random.Random], list[Group]]


def train(network: TrainedNetwork, groups: Groups, epochs: int, seed: int) -> None:
    """Train `network` in place on `epochs` passes over the groups."""
    chance = random.Random(seed)
    passes = [groups(chance) for _ in range(epochs)]
    weights = _weights(network, passes[0])
    optimizer = torch.optim.AdamW(
        [
            {"params": list(network.adapter.values()), "lr": ADAPTER_RATE, "weight_decay": 0.01},
            {
                "params": [*network.heads.values(), network.marks],
                "lr": HEAD_RATE,
                "weight_decay": 0.05,
            },
        ]
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    parameters = [part for group in optimizer.param_groups for part in group["params"]]
    recent: list[float] = []
    steps = [group for found in passes for group in found]
    start = time.monotonic()
    for step, group in enumerate(steps, 1):
        for part, rate in zip(optimizer.param_groups, rates, strict=True):
            part["lr"] = rate * _pace(step, len(steps))
        loss = _loss(network, group, weights)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        recent.append(loss.item())
        if step % SHOWN == 0:
            mean, seconds = fmean(recent[-SHOWN:]), time.monotonic() - start
            print(f"{step} of {len(steps)}, loss {mean:.3f}, {seconds:.0f} s", file=sys.stderr)


@cache
def _input(kind: str, text: str) -> list[int]:
    return alone(read_page(kind, text).ids[:WINDOW])


def _loss(network: TrainedNetwork, group: Group, weights: torch.Tensor) -> torch.Tensor:
    found, marked = network.read([_input(group.kind, item.text) for item in group.examples])
    holds = torch.tensor(
        [[example.labels.get(id, -1) for id in network.principles] for example in group.examples],
        dtype=torch.float32,
    )
    weight = torch.where(holds == 0, weights, torch.ones(())) * (holds >= 0)
    wanted = holds.clamp(0, 1) * (1 - 2 * SMOOTHED) + SMOOTHED
    each = functional.binary_cross_entropy_with_logits(found, wanted, reduction="none")
    loss = (each * weight).sum() / weight.sum()
    gaps = [
        found[0, network.principles.index(example.broken)]
        - found[n, network.principles.index(example.broken)]
        for n, example in enumerate(group.examples)
        if example.broken
    ]
    if gaps:
        loss = loss + MARGIN_WEIGHT * functional.softplus(MARGIN - torch.stack(gaps)).mean()
    if group.marks:
        wanted_marks = torch.tensor(_marks(group))
        loss = loss + MARK_WEIGHT * functional.cross_entropy(
            marked[0, 1 : len(wanted_marks) + 1], wanted_marks, ignore_index=UNKNOWN
        )
    return loss


def _marks(group: Group) -> list[int]:
    """Return what each token of the first text belongs to, by number in MARKS."""
    page = read_page(group.kind, group.examples[0].text)
    found = []
    for start, end in page.spans[:WINDOW]:
        name = next((m for m, first, last in group.marks if first <= (start + end) // 2 < last), "")
        found.append(MARKS.index(name) if end and name in MARKS else UNKNOWN)
    return found


def _weights(network: TrainedNetwork, groups: Sequence[Group]) -> torch.Tensor:
    """Return how much a broken text weighs by principle: about as much as all that hold."""
    counts = Counter(
        (id, holds)
        for group in groups
        for example in group.examples
        for id, holds in example.labels.items()
    )
    return torch.tensor(
        [
            min(MOST_WEIGHT, max(1.0, counts[id, True] / max(1, counts[id, False])))
            for id in network.principles
        ]
    )


def _pace(step: int, steps: int) -> float:
    return min(1.0, step / WARM_UP) * max(0.03, 0.5 * (1 + math.cos(math.pi * step / steps)))
