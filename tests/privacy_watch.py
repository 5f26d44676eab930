"""Run real commands and the real page under `privacy_guard.py`, and tell what they did."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from serving import served

ROOT = Path(__file__).parent.parent
NEAR = {"127.0.0.1", "::1", "localhost", "None"}  # None: any address of this machine is asked for
SECONDS = 180  # what one watched command may take on a busy machine


@dataclass
class Watched:
    """A machine's worth of folders, and what commands run in it did.

    given: files handed in   asked: files asked for   home: PROVODNIK_HOME
    work, user, tmp: the working folder, the user's home, the temporary folder; to stay empty
    """

    root: Path
    settings: dict[str, str] = field(default_factory=dict)
    said: list[subprocess.CompletedProcess[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("given", "asked", "work", "user", "tmp", "guard"):
            (self.root / name).mkdir()
        (self.root / "guard" / "sitecustomize.py").write_text("import privacy_guard\n")

    @property
    def log(self) -> Path:
        """Return the file that gets every log record of every process."""
        return self.root / "log"

    def environment(self) -> dict[str, str]:
        """Return all that a process is told: nothing of the environment of the tests."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "user"),
            "TMPDIR": str(self.root / "tmp"),
            "PROVODNIK_HOME": str(self.root / "home"),
            "PROVODNIK_LANG": "en",
            "PROVODNIK_RETRIES": "0",
            "PYTHONPATH": os.pathsep.join(map(str, [self.root / "guard", ROOT / "tests", ROOT])),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "default",
            "OPENAI_LOG": "debug",
            "OMP_WAIT_POLICY": "passive",
            "PRIVACY_NOTES": str(self.root / "notes"),
            "PRIVACY_LOG": str(self.log),
            **self.settings,
        }

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m argv…` and keep what it said."""
        done = subprocess.run(
            [sys.executable, "-m", *argv],
            cwd=self.root / "work",
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        self.said.append(done)
        return done

    def noted(self, *events: str) -> list[str]:
        """Return what was noted of some kinds of event."""
        rows = [json.loads(line) for line in (self.root / "notes").read_text().splitlines()]
        return [value for event, *values in rows if event in events for value in values]

    def reached(self) -> set[str]:
        """Return the hosts that were looked up or connected to, but for this machine."""
        events = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
        return set(self.noted(*events)) - NEAR

    def wrote(self) -> set[str]:
        """Return the files opened for writing outside the data folder and those asked for.

        Left out are temporary folders (copies of the index): these are looked at apart.
        """
        mine = [str(self.root / name) for name in ("home", "asked", "log")]
        paths = {
            os.path.normpath(self.root / "work" / path)
            for path in self.noted("open", "sqlite3.connect")
        }
        temporary = (
            rf"{self.root / 'tmp'}/(\w{{8}}$|\w+/|provodnik-)"  # \w{{8}}: tempfile's own try
        )
        paths = {path for path in paths if not re.match(temporary, path)}
        return {path for path in paths if not path.startswith((*mine, "/dev/", "/proc/self/"))}

    def open_to_others(self) -> list[str]:
        """Return the temporary folders that were made with rights for others."""
        made = re.compile(rf"(\d+) ({self.root / 'tmp'}/[^/]+)")
        first: dict[str, str] = {}
        for line in self.noted("os.mkdir"):
            found = made.fullmatch(line)
            if found:  # a second try to make it changes nothing
                first.setdefault(found.group(2), found.group(1))
        return [path for path, rights in first.items() if rights != "700"]

    def holding(self, word: str) -> set[str]:
        """Return the files that hold a word, by their path; of the data folder its parts."""
        held = set()
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root)
            mine = path.is_file() and name.parts[0] not in ("given", "asked", "notes")
            if mine and word.encode() in path.read_bytes():
                held.add("/".join(name.parts[:2]))
        return held

    @contextmanager
    def page(self) -> Iterator[int]:
        """Serve the page as a user does, from another folder than its own; give the port."""
        app = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port"]
        with (
            (self.root / "page.log").open("w") as said,
            served(
                lambda port: [*app, str(port)],
                folder=self.root / "work",
                environment=self.environment(),
                seconds=SECONDS,
                said=said,
            ) as port,
        ):
            yield port
