"""Serve the page with the rewriting replaced, for the browser tests: page_server.py PORT."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Replace the work and serve until killed."""
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    import page_samples
    from streamlit.web import bootstrap

    from pages import core

    core.start_rewrite = page_samples.fake_start(page_samples.sample(), delay=0.2)
    options = {"server_port": int(sys.argv[1])}
    bootstrap.load_config_options(options)
    bootstrap.run(str(ROOT / "app.py"), False, [], options)


main()
