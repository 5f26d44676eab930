"""The embedded model's server, seen from the parent: start, restart when dead, stop.

The native code runs in a child process, so that a fault there cannot take the page down. One
request at a time: `lock` is held by the client while it talks.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from rag import settings
from rag.errors import ModelUnavailable

CONTEXT = 8192
START_SECONDS = 120.0


class EmbeddedServer:
    """One model file, served by a child process on loopback under a random key."""

    def __init__(self, path: Path, adapter: Path | None = None) -> None:
        self.path = path
        self.adapter = adapter
        self.key = secrets.token_urlsafe(24)
        self.restarts = -1
        self.lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._address = ""
        atexit.register(self.stop)

    def ensure(self) -> str:
        """Return the address of a living server, (re)starting it first where needed."""
        if self._child is None or self._child.poll() is not None:
            self._start()
        return self._address

    def stop(self) -> None:
        """End the child; a stopped server starts again on the next `ensure`."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    with suppress(OSError):  # a child that died early left its order unread
                        pipe.close()

    def _start(self) -> None:
        self.stop()
        self.restarts += 1
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        self._child = subprocess.Popen(
            [sys.executable, "-m", "rag.model.serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        order = {
            "path": str(self.path),
            "adapter": str(self.adapter or ""),
            "key": self.key,
            "threads": int(settings.get_number("PROVODNIK_THREADS")),
            "context": CONTEXT,
        }
        self._address = self._handshake(self._child, json.dumps(order))

    def _handshake(self, child: subprocess.Popen[str], order: str) -> str:
        assert child.stdin and child.stdout
        watchdog = threading.Timer(START_SECONDS, child.kill)
        watchdog.start()
        try:
            child.stdin.write(order + "\n")
            child.stdin.flush()
            for line in child.stdout:
                if line.startswith("http://"):
                    return line.strip()
        except OSError:
            pass
        finally:
            watchdog.cancel()
        self.stop()
        raise ModelUnavailable(
            "The embedded model did not start. It needs about 2 GB of free memory and the system "
            "library libgomp (Debian: apt install libgomp1). See `python -m rag doctor`.",
            "Встроенная модель не запустилась. Ей нужно около 2 ГБ свободной памяти и системная "
            "библиотека libgomp (Debian: apt install libgomp1). См. `python -m rag doctor`.",
        )
