"""Facts of a draft: figures, dates, names, contradictions, and the ledger that accounts for them."""
