"""A server that speaks as an OpenAI-compatible chat server does and writes what a function says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

Writes = Callable[[str], str]
"""From the text of the user's last turn to the reply."""


@dataclass
class ScriptedServer:
    """A running server.

    Args:
        url: its address, which ends in ``/v1``.
        asked: the user's last turn of every request for a reply.
    """

    url: str
    model: str
    writes: Writes
    asked: list[str] = field(default_factory=list)


@contextmanager
def scripted_server(writes: Writes, model: str = "judge") -> Iterator[ScriptedServer]:
    handler: Any = type("BoundScript", (_ScriptHandler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    found = ScriptedServer(f"http://127.0.0.1:{server.server_address[1]}/v1", model, writes)
    handler.script = found
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


class _ScriptHandler(BaseHTTPRequestHandler):
    script: ClassVar[ScriptedServer]

    def log_message(self, *_: object) -> None:
        """Nothing is written to stderr."""

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": self.script.model, "object": "model"}]})
        else:
            self._send(404, {"error": "not found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self._send(404, {"error": "not found"})
            return
        turn = body["messages"][-1]["content"]
        self.script.asked.append(turn)
        text = self.script.writes(turn)
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": len(turn.split()), "completion_tokens": len(text.split())}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._send(200, {"object": "chat.completion", "choices": [choice], "usage": usage})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
