"""Renders chat templates in a process that is killed if one loops: neither Jinja nor a thread can stop it."""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, cast

from jinja2 import TemplateError

from ftcompare.core.conversation import turn_as_text
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.core.trace import steps, stored_step
from ftcompare.engine.backends.local import typed_transformers
from ftcompare.engine.backends.local.template_renderer_process import READY

SECONDS = 20.0  # time limit for one prompt; usual templates take milliseconds
MEMORY_BYTES = 2**30  # maximum total memory of the process

START_SECONDS = 120.0
LOOK_SECONDS = 0.02

EXCESSES = {
    "memory": "takes more memory than a prompt can need",
    "text": "produces a text of millions of characters",
}


def template_command() -> list[str]:
    """Return the command of the rendering process; ``-P`` keeps the current folder off its import path."""
    return [sys.executable, "-P", "-m", "ftcompare.engine.backends.local.template_renderer_process"]


def _template_turn(message: Message) -> dict[str, Any]:
    """Return a turn as transformers documents it: the arguments of calls are objects, the content is text.

    Source: transformers, "Tool use". OpenAI's interface has the arguments as JSON text, and null as content.
    """
    turn: dict[str, Any] = {**message.turn, "content": message.turn.get("content") or ""}
    calls = turn.get("tool_calls")
    if isinstance(calls, list):
        turn["tool_calls"] = [_with_object(call) for call in calls]
    return turn


def _with_object(call: Any) -> Any:
    """Return a call whose arguments are an object, if they are the JSON text of one."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
        return call
    try:
        arguments = json.loads(function["arguments"])
    except ValueError:
        return call
    return {**call, "function": {**function, "arguments": arguments}}


class TemplateRenderer:
    """Renders templates with a time limit per prompt; after `close` the next call restarts the process."""

    def __init__(self) -> None:
        self.seconds = SECONDS
        self._child: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def text(
        self,
        template: str,
        messages: Sequence[Message],
        variables: Mapping[str, TemplateOption],
        *,
        where: str,
        answered: bool = False,
    ) -> str:
        """Render a prompt with the template of the folder ``where``.

        The generation prompt is omitted where the messages end with the answer (``answered``). Raises
        `TemplateError` if the template is invalid or refuses the prompt, `UserError` ``template-too-slow`` or
        ``template-too-large``, and `EnvironmentFault` ``template-process`` if the process cannot start.
        """
        request: dict[str, Any] = {
            "template": template,
            "messages": [_template_turn(message) for message in messages],
            "variables": dict(variables),
            "answered": answered,
        }
        text = self._rendered(request, where)
        calls = [step.name for one in messages for step in steps([stored_step(one.turn)]) if step.name]
        if all(name in text for name in calls):
            return text
        # The template leaves out calls, so that the model would not see what was done: they become text.
        request["messages"] = [turn_as_text(one).turn for one in messages]
        return self._rendered(request, where)

    def _rendered(self, request: Mapping[str, Any], where: str) -> str:
        child = self._started()
        with suppress(OSError):  # the process has ended, which is detected when its answer is read
            cast("IO[bytes]", child.stdin).write(json.dumps(request).encode() + b"\n")
        answer = self._answer(child, where)
        if excess := answer.get("excess"):
            raise _refused("template-too-large", EXCESSES[excess], where)
        if "error" in answer:
            raise TemplateError(answer["error"])
        return answer["text"]

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for stream in filter(None, (child.stdin, child.stdout)):
                with suppress(OSError):
                    stream.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        self._answers = queue.SimpleQueue()
        child = subprocess.Popen(
            template_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "OPENBLAS_NUM_THREADS": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._child = child
        threading.Thread(target=_read, args=(child.stdout, self._answers.put), daemon=True).start()
        try:
            ready = self._answers.get(timeout=START_SECONDS)
        except queue.Empty:
            ready = b""
        if ready != READY:
            self.close()
            what = "The process that renders chat templates does not start."
            how = "Install the engine again, in a fresh environment."
            raise EnvironmentFault(what, how=how, code="template-process")
        return child

    def _answer(self, child: subprocess.Popen[bytes], where: str) -> dict[str, str]:
        """Return the answer; a process that ends itself is assumed to have run out of memory."""
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            try:
                line = self._answers.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if typed_transformers.memory_of(child.pid) > MEMORY_BYTES:
                    line = b""
                else:
                    continue
            if not line:
                self.close()
                raise _refused("template-too-large", EXCESSES["memory"], where)
            return cast("dict[str, str]", json.loads(line))
        self.close()
        raise _refused("template-too-slow", f"takes longer than {self.seconds:g} s", where)


def _read(stream: IO[bytes], put: Any) -> None:
    with suppress(OSError, ValueError):  # closed while reading
        for line in stream:
            put(line)
    put(b"")


def _refused(code: str, why: str, where: str) -> UserError:
    what = f"The chat template of this folder is not used: rendering it for one prompt {why}."
    how = "Use a model or adapter with a working chat template, or repair chat_template.jinja."
    return UserError(what, where=where, how=how, code=code)


RENDERER = TemplateRenderer()  # the renderer of this process

atexit.register(RENDERER.close)
