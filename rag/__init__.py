"""Provodnik's library: a rough draft in, a text an owner can decide on out.

Read `rag.vocabulary` first: it defines the nouns the rest of the code uses. Then
`rag.rewriting.pipeline`, where one rewrite reads top-down in one function.
"""
