"""A minimal HTTP front over a tiny real model: an OpenAI-compatible server with switches for its faults.

``with serving(base, {"tuned": adapter}) as front:`` serves the base as "base" and each adapter under its
name at ``front.url``. It speaks as vLLM, llama.cpp or a chat-only server does (`Conduct.flavour`).
"""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from tests.engine.served.openai_model import LIKELIEST, Completion, Draw, FrontModel

BASE = "base"
Body = dict[str, Any]


@dataclass
class Conduct:
    """How the server behaves; may be changed while it runs.

    Args:
        flavour: "vllm", "llama.cpp" or "chat" (nothing but ``/v1/chat/completions``).
        replies: statuses and headers with which the next requests for a response are refused.
        status: with which every request for a response is refused; 0 for none.
        poison: a prompt that holds this text gets a 500, whatever else.
        drops: connections that are dropped without an answer, from now on.
        garbage: answers that are no JSON, from now on.
        pages: whether refusals are web pages, as those of proxies.
        huge: bytes that answers are padded to.
        seconds: slept before each response, or until the client is gone.
        refused: fields refused by name with a 400; ``refuses_silently`` leaves their names out.
        least: field to the least value that it may have; below it a 500 names it, as llama-cpp-python does.
        ignored: fields taken and ignored; ``temperature`` is then taken instead of the one asked for.
        key: that is asked for as a bearer token.
        logprobs: whether they are given; so ``echo``, ``usage`` and ``streams``.
        counts_streams: whether ``stream_options`` is taken.
        stand_ins: served name to the name that answers in its place.
        waverers: served names that answer as another every other time.
        context: tokens.
        redirect: address that every request is sent on to.
        finish_reason: given instead of the true one.
        listed: names listed beside those that are served.
        prefixes: served name to what its own chat template puts before every prompt.
        detokenizes: whether it spells token ids.
        reasoning_field: in which it gives reasoning of chats apart; "" for in the text.
        counts_reasoning: whether it counts its tokens apart.
        content: from the text of a response to what is sent as its content.
        reports: the model named in replies instead of the requested one.
        loras: of llama.cpp, the path of each adapter's file and the scale that applies without ``lora``; the
            adapters are those after the base, and are not listed as models.
        ignores_lora: whether ``lora`` in a request is ignored, as versions before 2025 do.
    """

    flavour: str = "vllm"
    replies: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    status: int = 0
    poison: str = ""
    drops: int = 0
    garbage: int = 0
    pages: bool = False
    huge: int = 0
    seconds: float = 0.0
    refused: set[str] = field(default_factory=set)
    refuses_silently: bool = False
    least: dict[str, float] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    temperature: float = 0.0
    key: str = ""
    logprobs: bool = True
    echo: bool = True
    usage: bool = True
    streams: bool = True
    counts_streams: bool = True
    stand_ins: dict[str, str] = field(default_factory=dict)
    waverers: dict[str, str] = field(default_factory=dict)
    context: int = 128
    redirect: str = ""
    finish_reason: str = ""
    listed: tuple[str, ...] = ()
    prefixes: dict[str, str] = field(default_factory=dict)
    detokenizes: bool = True
    reasoning_field: str = ""
    counts_reasoning: bool = False
    content: Callable[[str], object] | None = None
    reports: str = ""
    loras: tuple[tuple[str, float], ...] = ()
    ignores_lora: bool = False


@dataclass
class Front:
    url: str
    model: FrontModel
    names: tuple[str, ...]
    conduct: Conduct = field(default_factory=Conduct)
    requests: list[tuple[str, Body]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    aborted: int = 0
    turns: int = 0
    connections: set[socket.socket] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, field_name: str) -> list[Any]:
        """The values of a field in the requests for responses so far."""
        return [
            body[field_name] for path, body in self.requests if "completions" in path and field_name in body
        ]


class Answer(Exception):
    def __init__(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.headers = dict(headers or {})


@contextmanager
def serving(base: Path, adapters: Mapping[str, Path] | None = None, **conduct: Any) -> Iterator[Front]:
    """A server on a free port of this machine, until the end of the block."""
    model = FrontModel(base, adapters or {})
    with serving_model(model, (BASE, *(adapters or {})), **conduct) as front:
        yield front


@contextmanager
def serving_model(model: FrontModel, names: tuple[str, ...], **conduct: Any) -> Iterator[Front]:
    """The same over a model that is loaded already."""
    bound: Any = type("Bound", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    server.daemon_threads = False  # closing waits for what is being computed
    front = Front(f"http://127.0.0.1:{server.server_address[1]}/v1", model, names, Conduct(**conduct))
    bound.front = front
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.conduct.seconds = 0
        server.shutdown()
        for connection in tuple(front.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    front: ClassVar[Front]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or small events wait for each other
    _counted = False

    def handle(self) -> None:
        """A client that is gone is none of our errors."""
        self.front.connections.add(self.connection)
        with suppress(ConnectionError):
            super().handle()
        self.front.connections.discard(self.connection)

    def log_message(self, *_: object) -> None:
        """Silent."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        data = self.rfile.read(length)
        if len(data) < length:  # the client was killed while it wrote
            raise ConnectionAbortedError
        self._answer(json.loads(data))

    def _answer(self, body: Body) -> None:
        with self.front.lock:
            self.front.requests.append((self.path, body))
            self.front.headers.append(dict(self.headers.items()))
        try:
            self._send(200, self._route(body))
        except Answer as error:
            kind = {"message": error.words, "type": "invalid_request_error", "code": error.status}
            self._send(error.status, {"error": kind}, error.headers)
        except ConnectionError:
            self.front.aborted += 1
            self.close_connection = True

    def _route(self, body: Body) -> Any:
        conduct = self.front.conduct
        if conduct.redirect:
            raise Answer(307, "elsewhere", {"Location": conduct.redirect})
        if conduct.key and self.headers.get("Authorization") != f"Bearer {conduct.key}":
            raise Answer(401, f"Incorrect API key provided: {self.headers.get('Authorization')}")
        routes: dict[str, Callable[[Body], Any]] = {
            "/v1/models": self._models,
            "/v1/chat/completions": self._complete,
        }
        if conduct.flavour != "chat":
            routes |= {"/v1/completions": self._complete, "/tokenize": self._tokenize}
        if conduct.flavour != "chat" and conduct.detokenizes:
            routes["/detokenize"] = self._detokenize
        if conduct.flavour == "vllm":
            routes["/version"] = lambda _: {"version": "0.0-tiny"}
        if conduct.flavour == "llama.cpp":
            routes["/apply-template"] = lambda body: {"prompt": self._template(body)}
            routes["/lora-adapters"] = lambda _: [
                {"id": number, "path": path, "scale": scale, "task_name": "", "prompt_prefix": ""}
                for number, (path, scale) in enumerate(conduct.loras)
            ]
        if self.path not in routes:
            raise Answer(404, "Not Found")
        return routes[self.path](body)

    def _models(self, _: Body) -> Body:
        front = self.front
        listed: list[Body] = [
            {"id": name, "object": "model"}
            for name in (*front.names[: 1 if front.conduct.loras else None], *front.conduct.listed)
        ]
        for entry in listed:
            if front.conduct.flavour == "vllm":
                entry["max_model_len"] = front.conduct.context
                entry["parent"] = None if entry["id"] == BASE else BASE
            if front.conduct.flavour == "llama.cpp":
                entry |= {"meta": {"n_params": 12345}, "owned_by": "llamacpp"}
        return {"object": "list", "data": listed}

    def _template(self, body: Body) -> str:
        prefix = self.front.conduct.prefixes.get(body["model"], "")
        try:
            options = body.get("chat_template_kwargs", {})
            return prefix + self.front.model.prompt_text(body["messages"], options)
        except Exception as error:  # a template is a program: it may raise anything
            raise Answer(400, f"{error}") from error

    def _tokenize(self, body: Body) -> Body:
        if self.front.conduct.flavour == "llama.cpp":
            return {"tokens": self.front.model.ids(body.get("content", ""))}
        text = self._template(body) if "messages" in body else body["prompt"]
        return {"tokens": self.front.model.ids(text), "max_model_len": self.front.conduct.context}

    def _detokenize(self, body: Body) -> Body:
        text = self.front.model.tokenizer.decode(body["tokens"], skip_special_tokens=False)
        return {"content" if self.front.conduct.flavour == "llama.cpp" else "prompt": text}

    def _complete(self, body: Body) -> Body | None:
        front = self.front
        if body["model"] not in front.names:
            raise Answer(404, f"The model `{body['model']}` does not exist.")
        self._misbehave(body)
        ids = self._ids(body)
        with front.lock:
            front.at_once += 1
            front.most_at_once = max(front.most_at_once, front.at_once)
        self._counted = True
        try:
            self._sleep()
            return self._written(body, ids)
        finally:
            self._count_out()

    def _count_out(self) -> None:
        """One request less is under way: told before its end is sent, or the next one is there."""
        with self.front.lock:
            self.front.at_once -= self._counted
            self._counted = False

    def _misbehave(self, body: Body) -> None:
        conduct = self.front.conduct
        with self.front.lock:
            if conduct.drops:
                conduct.drops -= 1
                self.connection.shutdown(socket.SHUT_RDWR)
                raise ConnectionResetError
            if conduct.replies:
                status, headers = conduct.replies.pop(0)
                raise Answer(status, "not this time", headers)
        if conduct.status:
            raise Answer(conduct.status, "broken")
        refused = conduct.refused & body.keys()
        if refused:
            named = "something" if conduct.refuses_silently else ", ".join(sorted(refused))
            raise Answer(400, f"Unrecognized request argument supplied: {named}")
        for name, least in conduct.least.items():
            if body.get(name, least) < least:
                raise Answer(500, f"1 validation error: {{'loc': ('body', '{name}'), 'input': {body[name]}}}")

    def _ids(self, body: Body) -> list[int]:
        model, conduct = self.front.model, self.front.conduct
        given = body["prompt"] if "prompt" in body else self._template(body)
        ids = model.ids(given) if isinstance(given, str) else list(given)
        if conduct.poison and conduct.poison in model.tokenizer.decode(ids):
            raise Answer(500, "Internal Server Error")
        limit = self._limit(body)
        if len(ids) + limit > conduct.context:
            asked = f"However, you requested {len(ids) + limit} tokens."
            raise Answer(400, f"This model's maximum context length is {conduct.context} tokens. {asked}")
        return ids

    def _sleep(self) -> None:
        end = time.monotonic() + self.front.conduct.seconds
        while time.monotonic() < end and self.front.conduct.seconds:
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionAbortedError

    def _written(self, body: Body, ids: list[int]) -> Body | None:
        front = self.front
        if body.get("echo"):
            return self._echoed(body, ids)
        if body.get("stream"):
            self._streamed(body, ids)
            return None
        done = front.model.write(
            self._speaker(body), ids, self._limit(body), self._draw(body), lambda _: None
        )
        return self._reply(body, done, len(ids))

    def _speaker(self, body: Body) -> str:
        front, name = self.front, self._lora_on(body) or str(body["model"])
        with front.lock:
            front.turns += 1
        if name in front.conduct.waverers and front.turns % 2:
            return front.conduct.waverers[name]
        return front.conduct.stand_ins.get(name, name)

    def _lora_on(self, body: Body) -> str:
        """The adapter whose scale is not 0 for this request."""
        scales = dict(enumerate(scale for _, scale in self.front.conduct.loras))
        if "lora" in body and not self.front.conduct.ignores_lora:
            scales = dict.fromkeys(scales, 0.0) | {one["id"]: one["scale"] for one in body["lora"]}
        return next((self.front.names[1 + number] for number, scale in scales.items() if scale), "")

    def _limit(self, body: Body) -> int:
        name = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
        return int(body.get(name, 16))

    def _draw(self, body: Body) -> Draw:
        conduct = self.front.conduct
        taken = {name: value for name, value in body.items() if name not in conduct.ignored}
        penalty = "repeat_penalty" if conduct.flavour == "llama.cpp" else "repetition_penalty"
        return Draw(
            temperature=taken.get("temperature", conduct.temperature),
            top_p=taken.get("top_p", 1.0),
            top_k=taken.get("top_k", 0),
            min_p=taken.get("min_p", 0.0),
            penalty=taken.get(penalty, 1.0),
            seed=taken.get("seed", self.front.turns),
            stop=taken.get("stop", ()),
        )

    def _reply(self, body: Body, done: Completion, prompt_tokens: int) -> Body:
        conduct = self.front.conduct
        choice: Body = {"index": 0, "finish_reason": conduct.finish_reason or done.finish_reason}
        if conduct.flavour == "vllm":
            choice["stop_reason"] = done.stop_reason
        if "messages" in body:
            choice["message"] = {"role": "assistant", **self._content(done.text)}
        else:
            choice["text"] = self._shaped(done.text)
        if body.get("logprobs") and conduct.logprobs:
            choice["logprobs"] = self._logprobs(body, done)
        answer: Body = {"id": "x", "object": "completion", "choices": [choice]}
        answer["model"] = conduct.reports or body["model"]
        if conduct.usage:
            answer["usage"] = {"prompt_tokens": prompt_tokens, "completion_tokens": done.counted}
        if conduct.usage and conduct.counts_reasoning:
            answer["usage"]["completion_tokens_details"] = {"reasoning_tokens": 3}
        return answer

    def _content(self, text: str) -> Body:
        name = self.front.conduct.reasoning_field
        if not name or "<think>" not in text:
            return {"content": self._shaped(text)}
        reasoning, closing, answer = text.removeprefix("<think>").partition("</think>")
        return {name: reasoning, "content": answer if closing else None}

    def _shaped(self, text: str) -> object:
        shape = self.front.conduct.content
        return shape(text) if shape else text

    def _logprobs(self, body: Body, done: Completion) -> Body:
        if "messages" in body or self.front.conduct.flavour == "llama.cpp":
            return {
                "content": [
                    {
                        "token": token,
                        "logprob": row[token],
                        "top_logprobs": [{"token": t, "logprob": v} for t, v in row.items()][:LIKELIEST],
                    }
                    for token, row in zip(done.tokens, done.logprobs, strict=True)
                ]
            }
        own = [row[token] for token, row in zip(done.tokens, done.logprobs, strict=True)]
        return {"tokens": done.tokens, "token_logprobs": own, "top_logprobs": done.logprobs}

    def _echoed(self, body: Body, ids: list[int]) -> Body:
        if self.front.conduct.flavour == "llama.cpp" or not self.front.conduct.echo:
            raise Answer(400, "Only no echo is supported")
        model = self.front.model
        logprobs = model.prompt_logprobs(self._speaker(body), ids)
        tokens = [model.tokenizer.decode([one]) for one in ids]
        # One token more is written, as the request says: its place is after the prompt's.
        found = {"tokens": [*tokens, "x"], "token_logprobs": [*logprobs, -1.0], "top_logprobs": []}
        return {"choices": [{"text": "", "finish_reason": "length", "logprobs": found}]}

    def _streamed(self, body: Body, ids: list[int]) -> None:
        conduct = self.front.conduct
        if not conduct.streams or ("stream_options" in body and not conduct.counts_streams):
            raise Answer(400, "Unsupported: stream" if not conduct.streams else "Unsupported: stream_options")
        self._begin_stream()
        if "messages" in body:
            self._event({"choices": [{"delta": {"role": "assistant", "content": ""}}]})
        done = self.front.model.write(
            self._speaker(body),
            ids,
            self._limit(body),
            self._draw(body),
            lambda text: self._token(body, text),
        )
        self._count_out()
        last = {"finish_reason": done.finish_reason, "stop_reason": done.stop_reason}
        self._event({"choices": [{**last, "delta": {}} if "messages" in body else {**last, "text": ""}]})
        if "stream_options" in body:
            usage = {"prompt_tokens": len(ids), "completion_tokens": done.counted}
            self._event({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _begin_stream(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def _token(self, body: Body, text: str) -> None:
        name = self.front.conduct.reasoning_field or "content"
        shaped = self._shaped(text)
        choice = {"delta": {name: shaped}} if "messages" in body else {"text": shaped}
        self._event({"model": self.front.conduct.reports or body["model"], "choices": [choice]})

    def _event(self, event: Body) -> None:
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        if body is None:  # streamed already
            return
        conduct = self.front.conduct
        data = json.dumps(body).encode()
        if status != 200 and conduct.pages:
            data = b"<html>Not so</html>"
        if "completions" in self.path and status == 200:
            if conduct.garbage:
                conduct.garbage -= 1
                data = b"<html>Bad gateway</html>"
            if conduct.huge:
                data = b'{"choices": "' + b"x" * conduct.huge + b'"}'
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
