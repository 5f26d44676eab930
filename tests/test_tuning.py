"""What the adapter is trained on: exemplars in the form the rewriting asks for. No torch."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from rag.knowledge.exemplars import Exemplar, ExemplarUnit, load_exemplars
from rag.prompts import load_prompt
from rag.rewriting.proposing import numbered, parse
from rag.text.sentences import split_units
from rag.tuning import train
from rag.tuning.base import LAYER, _name
from rag.tuning.convert import _TENSOR
from rag.tuning.examples import BY_HAND, by_hand, by_splitter, example

ROOT = Path(__file__).parents[1]


class Always(random.Random):
    """A chance that always comes out the same."""

    def __init__(self, value: float) -> None:
        super().__init__(0)
        self.value = value

    def random(self) -> float:
        return self.value


CUT_BY_HAND, CUT_BY_SPLITTER = Always(0.0), Always(1.0)


def _exemplar(draft: str, *units: tuple[str, str]) -> Exemplar:
    rows = [ExemplarUnit(text=text, role=role, calm=text.capitalize()) for text, role in units]
    return Exemplar(id="e", lang="en", kind="proposal", draft=draft, units=rows, consequence="So.")


@pytest.mark.parametrize("exemplar", load_exemplars()[::12], ids=lambda exemplar: exemplar.id)
@pytest.mark.parametrize("chance", [CUT_BY_HAND, CUT_BY_SPLITTER], ids=["hand", "splitter"])
def test_an_example_asks_as_the_rewriting_does(exemplar: Exemplar, chance: Always) -> None:
    messages, answer = example(exemplar, chance)
    groups = by_hand(exemplar) if chance is CUT_BY_HAND else by_splitter(exemplar)
    phrases = [phrase for phrase, _ in groups]
    asked = load_prompt(f"take_apart_{exemplar.lang}")
    assert messages == asked.render(kind=exemplar.kind, phrases=numbered(phrases))
    lines, consequence = parse(answer, exemplar.kind)
    assert list(lines) == list(range(len(phrases)))
    assert [[line.role for line in lines[n]] for n in lines] == [
        [unit.role for unit in units] for _, units in groups
    ]
    assert [line.calm for row in lines.values() for line in row] == [u.calm for u in exemplar.units]
    assert consequence == (exemplar.consequence or exemplar.reasons_value)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_unit_of_every_exemplar_is_in_one_phrase_of_the_splitter(lang: str) -> None:
    for exemplar in load_exemplars():
        if exemplar.lang != lang:
            continue
        groups = by_splitter(exemplar)
        assert [unit for _, units in groups for unit in units] == exemplar.units, exemplar.id
        at = 0
        for phrase, units in groups:
            assert units
            at = exemplar.draft.index(phrase, max(at - 1, 0)) + len(phrase)  # a shared space
            for unit in units:
                assert unit.text in phrase


@pytest.mark.parametrize("exemplar", load_exemplars()[::12], ids=lambda exemplar: exemplar.id)
def test_by_hand_each_unit_is_a_phrase(exemplar: Exemplar) -> None:
    assert by_hand(exemplar) == [(unit.text, [unit]) for unit in exemplar.units]


SPLIT: dict[str, tuple[Exemplar, list[tuple[str, list[str]]]]] = {
    "as the splitter cuts": (
        _exemplar("We lose. We tried.", ("We lose.", "problem"), ("We tried.", "effort")),
        [("We lose.", ["problem"]), ("We tried.", ["effort"])],
    ),
    "two units in one sentence": (
        _exemplar("We lose, we tried.", ("We lose", "problem"), ("we tried.", "effort")),
        [("We lose, we tried.", ["problem", "effort"])],
    ),
    "one unit over two sentences": (
        _exemplar(
            "We lose. Much. We tried.", ("We lose. Much.", "problem"), ("We tried.", "effort")
        ),
        [("We lose. Much.", ["problem"]), ("We tried.", ["effort"])],
    ),
    "a sentence of no unit": (
        _exemplar("Hi Rob. We lose. We tried.", ("We lose.", "problem"), ("We tried.", "effort")),
        [("We lose.", ["problem"]), ("We tried.", ["effort"])],
    ),
    "the same words twice": (
        _exemplar("We lose. We lose.", ("We lose.", "problem"), ("We lose.", "fact")),
        [("We lose.", ["problem"]), ("We lose.", ["fact"])],
    ),
    "a chain of overlaps": (
        _exemplar(
            "We lose. Much more. Then we tried.",
            ("We lose. Much", "problem"),
            ("more. Then we tried.", "effort"),
        ),
        [("We lose. Much more. Then we tried.", ["problem", "effort"])],
    ),
}


@pytest.mark.parametrize(("exemplar", "groups"), SPLIT.values(), ids=SPLIT)
def test_by_splitter(exemplar: Exemplar, groups: list[tuple[str, list[str]]]) -> None:
    found = [(phrase, [unit.role for unit in units]) for phrase, units in by_splitter(exemplar)]
    assert found == groups


def test_a_phrase_of_the_splitter_is_never_cut() -> None:
    for exemplar in load_exemplars()[::12]:
        phrases = [phrase for phrase, _ in by_splitter(exemplar)]
        for piece in split_units(exemplar.draft, exemplar.lang):
            near = [phrase for phrase in phrases if piece.text in phrase]
            held = any(u.text in piece.text or piece.text in u.text for u in exemplar.units)
            assert near or not held, piece.text


def test_some_examples_are_cut_by_hand_and_some_by_the_splitter() -> None:
    exemplar = SPLIT["two units in one sentence"][0]
    chance = random.Random(3)
    asked = [example(exemplar, chance)[0][-1]["content"] for _ in range(300)]
    by_hand_share = sum("2. we tried." in text for text in asked) / len(asked)
    assert abs(by_hand_share - BY_HAND) < 0.1


class Letters:
    """A tokenizer of one token a letter."""

    def apply_chat_template(self, messages: Any, **options: Any) -> str:
        assert options == {"tokenize": False, "add_generation_prompt": True}
        return "".join(message["content"] for message in messages)

    def __call__(self, text: str, add_special_tokens: bool) -> Any:
        assert not add_special_tokens
        return type("Encoded", (), {"input_ids": [ord(char) for char in text]})


def _texts(count: int) -> Iterator[tuple[str, str]]:
    for prompt, answer in islice(train._examples(Letters()), count):
        yield "".join(map(chr, prompt)), "".join(map(chr, answer))


def test_every_exemplar_is_seen_once_an_epoch_in_an_order_that_can_be_repeated() -> None:
    count = len(load_exemplars())
    seen = list(_texts(count))
    assert all(answer.endswith("<|im_end|>\n") for _, answer in seen)
    last = [answer.removesuffix("<|im_end|>\n").split("\n")[-1] for _, answer in seen]
    wanted = [f"= {e.consequence or e.reasons_value}".strip() for e in load_exemplars()]
    assert sorted(last) == sorted(wanted)
    assert list(_texts(20)) == seen[:20]


def test_no_draft_of_the_evaluations_is_among_the_examples() -> None:
    """A draft that was trained on measures memory; only the development split may be read."""
    said = {" ".join(exemplar.draft.split()).casefold() for exemplar in load_exemplars()}
    files = sorted((ROOT / "evals" / "data").glob("*/dev.jsonl"))
    assert files
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            draft = json.loads(line).get("draft") or ""
            assert not draft or " ".join(draft.split()).casefold() not in said, path


RATES = [(1, 0.0, 1 / train.WARM_UP), (train.WARM_UP, 0.0, 1.0), (99, 0.5, 0.5), (99, 1.0, 0.02)]


@pytest.mark.parametrize(("step", "passed", "share"), RATES)
def test_the_rate_warms_up_and_decays(step: int, passed: float, share: float) -> None:
    assert math.isclose(train._rate(step, passed), share * train.RATE, rel_tol=1e-6)


NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
    "blk.0.attn_q.bias": "model.layers.0.self_attn.q_proj.bias",
    "blk.27.ffn_down.weight": "model.layers.27.mlp.down_proj.weight",
    "blk.3.ffn_norm.weight": "model.layers.3.post_attention_layernorm.weight",
}


@pytest.mark.parametrize(("ours", "theirs"), NAMES.items())
def test_names_of_tensors(ours: str, theirs: str) -> None:
    assert _name(ours) == theirs


def test_names_of_adapter_tensors_go_back() -> None:
    key = "base_model.model.model.layers.8.self_attn.q_proj.lora_A.weight"
    match = _TENSOR.search(key)
    assert match is not None
    assert (match["layer"], match["module"], match["side"]) == ("8", "self_attn.q_proj", "A")
    assert match["module"] in LAYER.values()
    assert _TENSOR.search("model.layers.8.self_attn.q_proj.weight") is None


HEAVY = "torch transformers peft gguf safetensors"


def test_help_and_examples_need_no_torch() -> None:
    code = (
        "import sys\n"
        f"for name in {HEAVY.split()!r}: sys.modules[name] = None\n"
        "import rag.tuning.train, rag.tuning.base, rag.tuning.convert, rag.tuning.examples\n"
        "from rag.tuning.__main__ import main\n"
        "sys.argv[1:] = ['--help']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "--seconds" in done.stdout


def test_the_adapter_that_ships_is_a_gguf() -> None:
    adapter = ROOT / "rag" / "tuning" / "adapter.gguf"
    assert adapter.read_bytes()[:4] == b"GGUF"
    assert adapter.stat().st_size > 1_000_000
