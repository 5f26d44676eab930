"""The screens of the Streamlit page; with `app.py` the only code that knows Streamlit.

Screens, run by `frame`: write, check, knowledge, quality, history, settings.
What they share: `words` (strings in two languages), `look` (style, small parts), `safe` (inert
HTML), `result` and `verdicts` (a rewrite and its verdicts, drawn), `writing` (the session of the
write screen), `job` (work in a thread). Doors to the rest: `core`, `library`, `runs`.
"""
