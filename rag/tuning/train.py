"""Train the adapter: each exemplar once an epoch, loss on the answer, cosine decay by time."""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.knowledge.exemplars import load_exemplars
from rag.tuning.base import LAYER
from rag.tuning.examples import example

RANK, ALPHA = 8, 16
FIRST_LAYER = 8  # the lower layers stay frozen, which spares a quarter of the backward pass
RATE, WARM_UP, TOGETHER = 3e-4, 16, 2
SEED = 1


def train(base: Path, out: Path, seconds: float) -> Path:
    """Return the folder of the adapter after `seconds` of training on the model in `base`."""
    import torch
    from transformers import AutoTokenizer

    torch.manual_seed(SEED)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = _with_adapter(base)
    inner = model.get_base_model()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0)
    start = time.monotonic()
    for step, (prompt, answer) in enumerate(_examples(tokenizer), 1):
        passed = (time.monotonic() - start) / seconds
        if passed >= 1:
            break
        # Only the answer's positions meet the large output layer.
        hidden = inner.model(torch.tensor([prompt + answer]), use_cache=False).last_hidden_state
        scores = inner.lm_head(hidden[0, len(prompt) - 1 : -1]).float()
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(answer))
        (loss / TOGETHER).backward()
        if step % TOGETHER == 0:
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.param_groups[0]["lr"] = _rate(step, passed)
            optimizer.step()
            optimizer.zero_grad()
        print(f"{step} examples, loss {loss.item():.3f}, {passed:.0%}", file=sys.stderr)
    model.save_pretrained(out)
    return out


def _with_adapter(base: Path) -> Any:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
    config = LoraConfig(
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=0.0,
        target_modules=[name.split(".")[1] for name in LAYER.values() if "." in name],
        layers_to_transform=list(range(FIRST_LAYER, model.config.num_hidden_layers)),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _examples(tokenizer: Any) -> Iterator[tuple[list[int], list[int]]]:
    """Yield prompts and answers as token ids, epoch after epoch, each time cut anew."""
    chance = random.Random(SEED)
    while True:
        for exemplar in chance.sample(load_exemplars(), len(load_exemplars())):
            messages, answer = example(exemplar, chance)
            prompt = tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
            yield _ids(prompt, tokenizer), _ids(f"{answer}<|im_end|>\n", tokenizer)


def _ids(text: str, tokenizer: Any) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False).input_ids)


def _rate(step: int, passed: float) -> float:
    return RATE * min(1.0, step / WARM_UP) * max(0.02, 0.5 * (1 + math.cos(math.pi * passed)))
