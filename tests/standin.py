"""A local OpenAI-compatible endpoint that answers well, or badly in every way we know."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_SECONDS = 5.0


def completion(text: str | None, reason: str = "stop", logprobs: Any = None) -> dict[str, Any]:
    """Return a chat completion as the protocol has it."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": logprobs}
    usage = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "standin",
        "choices": [choice],
        "usage": usage,
    }


def first_token(**logprobs: float) -> dict[str, Any]:
    """Return a completion whose first token could have been any of these."""
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in logprobs.items()]
    return completion(top[0]["token"], logprobs={"content": [{**top[0], "top_logprobs": top}]})


class StandIn:
    """The endpoint. `say` queues what the next requests get; the last one stays."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._queue: deque[Callable[[BaseHTTPRequestHandler], None]] = deque()
        self._closed = threading.Event()
        self.say(completion("Well said."))

    def __enter__(self) -> StandIn:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        serve = {"poll_interval": 0.01}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=serve)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def say(self, *answers: dict[str, Any] | str | int | tuple[int, dict[str, str]]) -> None:
        """Queue answers: a JSON body, a named misbehaviour, a status, or status and headers."""
        self._queue = deque(self._written(answer) for answer in answers)

    def reply(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        answer = self._queue.popleft() if len(self._queue) > 1 else self._queue[0]
        answer(request)

    def _written(self, answer: Any) -> Callable[[BaseHTTPRequestHandler], None]:
        if answer == "hang":
            return lambda request: self._closed.wait(HANG_SECONDS) or None
        if answer == "drip":
            return self._drip
        if isinstance(answer, dict):
            return lambda request: _send(request, 200, json.dumps(answer))
        if isinstance(answer, int):
            return lambda request: _send(request, answer, '{"error": {"message": "no"}}')
        if isinstance(answer, tuple):
            return lambda request: _send(request, answer[0], "{}", answer[1])
        return _MISBEHAVIOURS[answer]

    def _drip(self, request: BaseHTTPRequestHandler) -> None:
        """Send a byte now and then: no read ever times out, and no answer ever comes."""
        _head(request, 200, {"Content-Length": "1000"})
        while not self._closed.wait(0.05):
            request.wfile.write(b" ")


def _cut(request: BaseHTTPRequestHandler) -> None:
    """Break off in the middle of a chunked answer."""
    half = json.dumps(completion("Half of")).encode()[:60]
    _head(request, 200, {"Transfer-Encoding": "chunked"})
    request.wfile.write(f"{len(half):x}\r\n".encode() + half + b"\r\n")


_MISBEHAVIOURS: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "cut stream": _cut,
    "truncated JSON": lambda r: _send(r, 200, json.dumps(completion("Half of"))[:60]),
    "HTML": lambda r: _send(r, 200, "<html>Gateway</html>", {"Content-Type": "text/html"}),
    "bad UTF-8": lambda r: _send(r, 200, b'{"choices": "\xff\xfe"}'),
    "no answer": lambda r: _send(r, 200, ""),
}


def _send(
    request: BaseHTTPRequestHandler, status: int, body: str | bytes, headers: Any = None
) -> None:
    data = body.encode() if isinstance(body, str) else body
    kind = {"Content-Type": "application/json", "Content-Length": str(len(data))}
    _head(request, status, kind | (headers or {}))
    request.wfile.write(data)


def _head(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()


def _handler(standin: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            standin.requests.append(json.loads(body))
            standin.keys.append(self.headers["Authorization"])
            self.close_connection = True
            try:
                standin.reply(self)
            except OSError:  # the client has given up
                return

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler
