"""Dequantise the embedded GGUF into a bf16 Hugging Face folder, the base of the training."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
LAYER = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


def dequantise(path: Path, folder: Path) -> None:
    """Write model and tokenizer of the GGUF at `path` into `folder`."""
    import torch
    from gguf import GGUFReader
    from gguf.quants import dequantize
    from transformers import AutoTokenizer, Qwen2ForCausalLM

    reader = GGUFReader(path)
    weights = {
        _name(tensor.name): torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy()).to(
            torch.bfloat16
        )
        for tensor in reader.tensors
    }
    model = Qwen2ForCausalLM(_config(reader, weights)).to(torch.bfloat16)
    model.load_state_dict(weights)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name).save_pretrained(folder)


def _name(tensor: str) -> str:
    match = re.fullmatch(r"blk\.(\d+)\.(\w+)\.(weight|bias)", tensor)
    if match:
        return f"model.layers.{match[1]}.{LAYER[match[2]]}.{match[3]}"
    name, kind = tensor.rsplit(".", 1)
    return f"{_TOP[name]}.{kind}"


def _config(reader: Any, weights: dict[str, Any]) -> Any:
    from transformers import Qwen2Config

    def value(name: str) -> Any:
        return reader.fields[f"qwen2.{name}"].contents()

    return Qwen2Config(
        vocab_size=weights["model.embed_tokens.weight"].shape[0],
        hidden_size=value("embedding_length"),
        intermediate_size=value("feed_forward_length"),
        num_hidden_layers=value("block_count"),
        num_attention_heads=value("attention.head_count"),
        num_key_value_heads=value("attention.head_count_kv"),
        rms_norm_eps=value("attention.layer_norm_rms_epsilon"),
        rope_theta=value("rope.freq_base"),
        max_position_embeddings=value("context_length"),
        tie_word_embeddings=False,
    )
