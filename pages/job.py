"""A long piece of work in a thread of its own, watched by the page.

The worker puts typed events into a queue; the page drains it on every look. The worker never
touches Streamlit, so it survives reruns, page switches and a closed tab. Cancelling is asked for
and happens at the worker's next event.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from rag.vocabulary import Event, FieldReady, OnEvent, Progress

Work = Callable[[OnEvent], dict[str, Any]]


class Cancelled(BaseException):
    """Raised inside the worker to leave it. Not an Exception: no fallback may swallow it."""


class Job:
    """One running piece of work and what is known of it so far."""

    def __init__(self, work: Work) -> None:
        self.stage = "prepare"
        self.share = 0.0
        self.fields: dict[str, str] = {}
        self.result: dict[str, Any] | None = None
        self.error: BaseException | None = None
        self.started = time.monotonic()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._cancel = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> int:
        """Return the whole seconds since the start."""
        return int(time.monotonic() - self.started)

    @property
    def running(self) -> bool:
        """Tell whether the worker is still at it."""
        return self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        """Tell whether the work was stopped by the user."""
        return isinstance(self.error, Cancelled)

    def cancel(self) -> None:
        """Ask the worker to stop at its next event."""
        self._cancel.set()

    def wait(self, seconds: float) -> None:
        """Wait for the end, at most `seconds`."""
        self._thread.join(seconds)

    def look(self) -> Job:
        """Take in the events that came since the last look."""
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, FieldReady):
                self.fields[event.field] = event.text
            elif isinstance(event, Progress):
                self.stage = event.stage
                self.share = min(event.done / event.total, 1.0) if event.total else 0.0
        return self

    def _run(self, work: Work) -> None:
        try:
            self.result = work(self._on_event)
        except BaseException as error:  # shown by the page, which knows the user's language
            self.error = error

    def _on_event(self, event: Event) -> None:
        if self._cancel.is_set():
            raise Cancelled
        self._events.put(event)
