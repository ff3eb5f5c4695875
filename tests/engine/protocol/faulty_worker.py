"""A worker with a real model in which something goes wrong at the edge: in the loader, or in a layer.

Run as a program with a plan in JSON (`Plan`); `command` makes the program and its arguments. A model's layer
writes a line to the plan's log, so that a test can wait for a place and see what was computed after it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LONGEST = 1500.0
SOME_ROWS = 5
"""Passes over fewer rows are those of the verification, or of the trial of the stacked path."""

MANY_TOKENS = 40
TOO_MANY_BYTES = 2**60


@dataclass(frozen=True)
class Plan:
    """What goes wrong.

    Args:
        log: file for lines: "layer PLACE ROWS TOKENS", "held", "cancel".
        stacked: whether systems are written together where they can be.
        rows: passes over more rows run out of memory; 0 for none.
        tokens: so passes over more tokens.
        hold: where it waits, once, until it is cancelled: "load", "verify", "prefill" or "decode".
        deaf: whether it waits on although it is cancelled.
        ends: what happens there instead of a wait, once: "memory", "lost" or "killed".
    """

    log: str
    stacked: bool = True
    rows: int = 0
    tokens: int = 0
    hold: str = ""
    deaf: bool = False
    ends: str = ""


def command(plan: Plan) -> list[str]:
    """Program and arguments of such a worker."""
    return [sys.executable, "-P", __file__, json.dumps(asdict(plan))]


def lines(plan: Plan) -> list[str]:
    """What the worker has written to its log so far."""
    log = Path(plan.log)
    return log.read_text("utf-8").splitlines() if log.exists() else []


def wait_for(plan: Plan, line: str) -> None:
    """Until the worker has written a line.

    Raises:
        TimeoutError: it has not within `LONGEST` seconds.
    """
    end = time.monotonic() + LONGEST
    while line not in lines(plan):
        if time.monotonic() > end:
            raise TimeoutError(line)
        time.sleep(0.01)


class Edge:
    """Stands between the worker and what it computes with."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.place = ""
        self.cancelled = threading.Event()

    def write(self, line: str) -> None:
        with Path(self.plan.log).open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")

    def meet(self, place: str) -> None:
        """Something happens here, if it is the plan's place and has not happened before."""
        if place != self.plan.hold or "held" in lines(self.plan):
            return
        self.cancelled.clear()
        self.write("held")
        if self.plan.ends:
            self._end()
        if self.plan.deaf:
            time.sleep(LONGEST)
        self.cancelled.wait(LONGEST)

    def _end(self) -> None:
        import torch

        if self.plan.ends == "memory":
            torch.empty(TOO_MANY_BYTES)
        elif self.plan.ends == "lost":
            raise torch.AcceleratorError("CUDA error: unspecified launch failure")
        os.kill(os.getpid(), signal.SIGKILL)

    def layer(self, rows: int, tokens: int) -> None:
        """A layer is about to be computed."""
        import torch

        self.write(f"layer {self.place} {rows} {tokens}")
        if self.place == "verify":
            self.meet("verify")
        elif self.place == "generate" and tokens > MANY_TOKENS:
            self.meet("prefill")
        elif self.place == "generate" and tokens == 1 and rows >= SOME_ROWS:
            self.meet("decode")
        if 0 < self.plan.rows < rows or 0 < self.plan.tokens < tokens:
            torch.empty(TOO_MANY_BYTES)


def patch_worker(edge: Edge) -> None:
    """A cancel is noted when it is read, and the worker's backend says what it is doing."""
    from ftcompare.engine import worker
    from ftcompare.engine.protocol import Cancel

    put, make = worker.Worker.put, worker.make_backend

    def noting(self: Any, message: Any) -> None:
        if isinstance(message, Cancel):
            edge.write("cancel")
        put(self, message)
        if isinstance(message, Cancel):
            edge.cancelled.set()

    def backend(name: str) -> Any:
        if name != "local":
            return make(name)
        patch_model(edge)
        return local_backend(edge)

    patched: Any = worker
    patched.Worker.put = noting
    patched.make_backend = backend


def local_backend(edge: Edge) -> Any:
    """The local one, which notes what it is doing."""
    from ftcompare.engine.backends.local.backend import LocalBackend

    class Noting(LocalBackend):
        def verify(self, *arguments: Any) -> Any:
            edge.place = "verify"
            return super().verify(*arguments)

        def generate(self, *arguments: Any) -> None:
            edge.place = "generate"
            super().generate(*arguments)

    return Noting(stacked=edge.plan.stacked)


def patch_model(edge: Edge) -> None:
    """The loader, and the layers of transformers' Llama and of the stacked path pass the edge."""
    from transformers.models.llama import modeling_llama

    from ftcompare.engine.backends.local import loading as local_loading
    from ftcompare.engine.backends.local.stacked_lora.joined_layers import FusedLayer

    loader: Any = local_loading
    load = loader.load_model

    def loading(*arguments: Any, **named: Any) -> Any:
        edge.meet("load")
        return load(*arguments, **named)

    def passing(forward: Any) -> Any:
        def pass_edge(self: Any, hidden_states: Any, *more: Any, **named: Any) -> Any:
            edge.layer(*hidden_states.shape[:2])
            return forward(self, hidden_states, *more, **named)

        return pass_edge

    loader.load_model = loading
    for kind, name in ((modeling_llama.LlamaDecoderLayer, "forward"), (FusedLayer, "__call__")):
        setattr(kind, name, passing(getattr(kind, name)))


if __name__ == "__main__":
    from ftcompare.engine.worker import main

    patch_worker(Edge(Plan(**json.loads(sys.argv[1]))))
    main()
