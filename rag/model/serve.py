"""The child process of the embedded model: `python -m rag.model.serve`.

Reads one JSON line from stdin ({"path", "adapter", "key", "threads", "context"}), starts the
server on a free loopback port, prints its address as one line, and lives until stdin closes, that
is until the parent is gone. The key never appears in arguments or the environment.
"""

from __future__ import annotations

import json
import os
import sys

# Two busy cores make spinning OpenMP threads ten times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def main() -> None:
    """Serve until the parent closes our stdin."""
    order = json.loads(sys.stdin.readline())
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = order["path"]
    if order["adapter"]:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(order["adapter"], 1.0)]
    params.n_ctx = order["context"]
    params.n_parallel = 1
    params.api_keys = [order["key"]]
    params.cache_ram_mib = 256
    params.ui = False
    params.endpoint_slots = False
    params.cors_origins = ""
    params.verbosity = 0
    if order["threads"]:
        params.cpuparams.n_threads = order["threads"]
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # native threads would keep the process; there is nothing left to save


if __name__ == "__main__":
    main()
