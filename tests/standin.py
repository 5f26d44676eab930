"""A local OpenAI-compatible endpoint that answers well, or badly in every way we know."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# A misbehaviour's name, a JSON body, a status, status and headers, or these and a body.
Answer = (
    str
    | dict[str, Any]
    | int
    | tuple[int, dict[str, str]]
    | tuple[int, dict[str, str], dict[str, Any] | str | bytes]
)
_Handle = Callable[[BaseHTTPRequestHandler], None]


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


def refusal(
    status: int, code: str, message: str = "no", **headers: str
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return a refusal as the protocol has it; `Retry_After="2"` becomes a header."""
    error = {"code": code, "type": code, "message": message, "param": None}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, {"error": error}


class StandIn:
    """The endpoint. `say` queues what the next requests get; the last one stays."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._queue: deque[Answer | Callable[[dict[str, Any]], Answer]] = deque()
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

    def say(self, *answers: Answer | Callable[[dict[str, Any]], Answer]) -> None:
        """Queue answers; a function is given what was asked and returns the answer."""
        self._queue = deque(answers)

    def reply(self, request: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        """Answer one request."""
        answer = self._queue.popleft() if len(self._queue) > 1 else self._queue[0]
        self._written(answer(asked) if callable(answer) else answer)(request)

    def _written(self, answer: Answer) -> _Handle:
        if isinstance(answer, dict):
            return lambda request: _send(request, 200, json.dumps(answer))
        if isinstance(answer, int):
            return lambda request: _send(request, answer, '{"error": {"message": "no"}}')
        if isinstance(answer, tuple):
            return lambda request: _send_tuple(request, *answer)
        lasting: dict[str, _Handle] = {
            "hang": lambda request: self._wait(),
            "drip": lambda request: self._drip(request, 0.05),
            "slow drip": lambda request: self._drip(request, 1.0),
            "slow": self._slow,
            "stall": lambda request: self._stall(request, _HALF, "application/json"),
            "stalled event stream": lambda request: self._stall(
                request, _event(_delta("Half of")), "text/event-stream"
            ),
        }
        return lasting[answer] if answer in lasting else _MISBEHAVIOURS[answer]

    def _wait(self) -> None:
        """Never answer, as long as there is anyone to wait."""
        self._closed.wait()

    def _drip(self, request: BaseHTTPRequestHandler, every: float) -> None:
        """Send a byte now and then: no read ever times out, and no answer ever comes."""
        _head(request, 200, {"Content-Length": "1000", "Content-Type": "application/json"})
        while not self._closed.wait(every):
            request.wfile.write(b" ")

    def _slow(self, request: BaseHTTPRequestHandler) -> None:
        """Send a good answer in ten pieces, within half a second."""
        data = json.dumps(completion("Slow but whole.")).encode()
        _head(request, 200, {"Content-Length": str(len(data)), "Content-Type": "application/json"})
        size = len(data) // 10 + 1
        for at in range(0, len(data), size):
            self._closed.wait(0.05)
            request.wfile.write(data[at : at + size])

    def _stall(self, request: BaseHTTPRequestHandler, begun: bytes, kind: str) -> None:
        """Begin an answer, then say nothing more and keep the line."""
        _head(request, 200, {"Transfer-Encoding": "chunked", "Content-Type": kind})
        request.wfile.write(_chunk(begun))
        self._wait()


_HALF = json.dumps(completion("Half of")).encode()[:60]


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _cut(request: BaseHTTPRequestHandler, data: bytes = _HALF, kind: str = "") -> None:
    """Break off in the middle of a chunked answer."""
    _head(request, 200, {"Transfer-Encoding": "chunked"} | ({"Content-Type": kind} if kind else {}))
    request.wfile.write(_chunk(data))


def _reset(request: BaseHTTPRequestHandler) -> None:
    """Drop the connection in the middle of an answer, as a crashed process does."""
    _head(request, 200, {"Content-Length": "1000", "Content-Type": "application/json"})
    request.wfile.write(_HALF)
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(request.connection.detach())  # before the server says goodbye in an orderly way


def _delta(text: str, reason: str | None = None) -> str:
    """Return one piece of a streamed completion."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return json.dumps({"id": "1", "object": "chat.completion.chunk", "choices": [choice]})


def _event(data: str, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


def _stream(request: BaseHTTPRequestHandler, *events: bytes) -> None:
    """Send an event stream that ends in order."""
    _send(request, 200, b"".join(events), {"Content-Type": "text/event-stream"})


_ERROR = json.dumps({"error": {"message": "overloaded", "code": "server_error"}})
_MISBEHAVIOURS: dict[str, _Handle] = {
    "cut stream": _cut,
    "reset": _reset,
    "cut body": lambda r: _send(r, 200, _HALF, {"Content-Length": "1000"}),
    "truncated JSON": lambda r: _send(r, 200, _HALF),
    "HTML": lambda r: _send(r, 200, "<html>Gateway</html>", {"Content-Type": "text/html"}),
    "bad UTF-8": lambda r: _send(r, 200, b'{"choices": "\xff\xfe"}'),
    "broken gzip": lambda r: _send(r, 200, _HALF, {"Content-Encoding": "gzip"}),
    "no answer": lambda r: _send(r, 200, ""),
    "event stream": lambda r: _stream(
        r, _event(_delta("Yes")), _event(_delta(".", "stop")), _event("[DONE]")
    ),
    "cut event stream": lambda r: _cut(r, _event(_delta("Yes")), "text/event-stream"),
    "bad chunk": lambda r: _stream(r, _event(_delta("Yes")), _event('{"choices": [{"del')),
    "error event": lambda r: _stream(r, _event(_delta("Yes")), _event(_ERROR, "error")),
}


def _send_tuple(
    request: BaseHTTPRequestHandler,
    status: int,
    headers: dict[str, str],
    body: dict[str, Any] | str | bytes = "{}",
) -> None:
    _send(request, status, json.dumps(body) if isinstance(body, dict) else body, headers)


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
            asked = json.loads(body)
            standin.requests.append(asked)
            standin.keys.append(self.headers["Authorization"])
            self.close_connection = True
            try:
                standin.reply(self, asked)
            except OSError:  # the client has given up
                return

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler
