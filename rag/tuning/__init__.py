"""The recipe of the adapter that teaches the embedded model to take drafts apart.

`adapter.gguf` beside this file is a low-rank adapter (Hu et al., 2022) of rank 8 on the upper 20
layers, trained on `knowledge/exemplars/` alone: never on a draft of `evals/data/`. To train it
again, install the extra `tuning` and run `python -m rag.tuning`; it takes about an hour on two
cores. The product itself needs nothing of this folder but the file.
"""
