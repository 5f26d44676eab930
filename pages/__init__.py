"""The screens of the Streamlit page; with `app.py` the only code that knows Streamlit.

write, check, knowledge, quality, history and settings are screens, run by `app.py`'s navigation.
The rest is what they share: `words` (strings in two languages), `safe` (inert HTML), `core` (the
one door to `rag`), `job` (a rewrite in a worker thread), `look` (style and small parts), `result`
and `verdicts` (a rewrite and its verdicts, drawn).
"""
