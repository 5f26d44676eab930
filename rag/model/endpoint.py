"""The way to an endpoint: to the host the address names, and to no other.

What is sent there holds a draft. The SDK by itself follows a redirection to any host, and goes
through a proxy of the network even to this machine, where the embedded model is.
"""

from __future__ import annotations

from typing import Any

from rag.settings import remote_host


def open_client(url: str, key: str) -> Any:
    """Return an `openai.OpenAI` that sends each request once, and only where the address says."""
    import openai

    http = openai.DefaultHttpxClient(follow_redirects=False, trust_env=bool(remote_host(url)))
    return openai.OpenAI(base_url=url, api_key=key, max_retries=0, http_client=http)
