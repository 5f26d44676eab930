"""Convert a PEFT adapter into a GGUF adapter, as llama.cpp reads it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from rag.tuning.base import LAYER

_TENSOR = re.compile(r"layers\.(?P<layer>\d+)\.(?P<module>\w+\.\w+)\.lora_(?P<side>[AB])\.weight")


def to_gguf(folder: Path, out: Path) -> None:
    """Write the adapter of `folder` to `out` in 16-bit floats."""
    import gguf
    import numpy as np
    from safetensors.torch import load_file

    config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    names = {module: name for name, module in LAYER.items()}
    writer = gguf.GGUFWriter(str(out), "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for key, tensor in sorted(load_file(folder / "adapter_model.safetensors").items()):
        match = _TENSOR.search(key)
        if match is None:
            raise ValueError(f"an unknown tensor in the adapter: {key}")
        name = f"blk.{match['layer']}.{names[match['module']]}.weight.lora_{match['side'].lower()}"
        writer.add_tensor(name, tensor.float().numpy().astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
