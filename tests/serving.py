"""Serve the page from a process of its own, for the tests that need a real server."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.request import urlopen


@contextmanager
def served(
    command: Callable[[int], Sequence[str]],
    *,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    said: IO[str] | None = None,
) -> Iterator[int]:
    """Run `command(port)` in `folder` until the page answers; give the port, and end it after.

    `said` takes what it prints; without it that is thrown away.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    output = subprocess.DEVNULL if said is None else said
    server = subprocess.Popen(
        command(port),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", seconds)
        yield port
    finally:
        server.kill()
        server.wait()


def _wait_for(url: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(url, timeout=2) as answer:
                assert answer.status == 200
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
