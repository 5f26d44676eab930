"""Rewrite a draft: plan, propose, verify, choose, render."""
