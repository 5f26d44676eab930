"""Facts of a draft: figures, dates, names, contradictions, and the ledger of them all."""
