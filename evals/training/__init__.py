"""How the classifier of `rag.checks.classifier` was trained; needed again only for a new one."""
