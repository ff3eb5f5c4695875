"""Workers of the engine that are forked from a process which has imported torch and its friends already.

Importing them takes about seven seconds of processor time. A module of tests about what workers do, and not
about how they start, uses the fixture `forked_workers`: the same program in a process of its own, with pipes
and an exit status of its own. How a worker starts from nothing is tested in test_local_worker.py and in
tests/end_to_end; how chat templates are filled in by a process of their own, in test_hostile_folders.py.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.reduction import DupFd
from types import ModuleType, SimpleNamespace
from typing import IO, Any
from unittest.mock import patch

from jinja2 import TemplateError

from ftcompare.core.study import Message

PRELOADED = "tests.preloaded_engine"


class ForkedWorker:
    """What `subprocess.Popen` is to `ftcompare.engine.blocking_transport`: a child with three pipes.

    Args:
        command: an interpreter, ``-P``, and a module (``-m NAME``) or a script, with its arguments.
    """

    def __init__(self, command: Sequence[str], **_: object) -> None:
        theirs, mine = zip(*(_pipe(writes=writes) for writes in (True, False, False)), strict=True)
        self.stdin, self.stdout, self.stderr = mine
        context: Any = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([PRELOADED])
        passed = [_PassedEnd(end) for end in theirs]
        self._process = context.Process(target=_work, args=(passed, list(command[2:])))
        with _no_main_module():
            self._process.start()
        for end in theirs:
            os.close(end)

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, negative where a signal ended it.

        Raises:
            subprocess.TimeoutExpired: it has not ended within ``timeout`` seconds.
        """
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return int(status)


class _PassedEnd:
    """An end of a pipe, which goes to the child together with the process.

    Made before the process, a `DupFd` stays open here until the child takes it: if the child dies before, its
    output never ends.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return _taken, (DupFd(self._number),)


def _taken(end: Any) -> int:
    return int(end.detach())


def _pipe(*, writes: bool) -> tuple[int, IO[bytes]]:
    """The child's end of a pipe, and ours as a file."""
    reading, writing = os.pipe()
    if writes:
        return reading, os.fdopen(writing, "wb", buffering=0)
    return writing, os.fdopen(reading, "rb", buffering=0)


@contextmanager
def _no_main_module() -> Iterator[None]:
    """A child of `multiprocessing` runs the parent's main module again: here pytest."""
    with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
        yield


def _work(ends: Sequence[int], arguments: list[str]) -> None:
    """In the child: take the pipes for stdin, stdout and stderr, and run what the command names."""
    for number, mine in enumerate(ends):
        os.dup2(mine, number)
        os.close(mine)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode) for n, mode in enumerate(("r", "w", "w")))
    _fill_in_templates_here()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def _fill_in_templates_here() -> None:
    """A process for chat templates takes a second and a half of processor time to start."""
    from ftcompare.engine.backends.local.template_renderer import RENDERER
    from ftcompare.engine.backends.local.template_renderer_process import fill_in

    def text(
        template: str,
        messages: Sequence[Message],
        variables: dict[str, str],
        *,
        where: str,
        answered: bool = False,
    ) -> str:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        asked = {"template": template, "messages": turns, "variables": variables, "answered": answered}
        answer = fill_in(asked)
        if "text" not in answer:
            raise TemplateError(answer["error"])
        return answer["text"]

    renderer: Any = RENDERER
    renderer.text = text


def _run(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` is to `ftcompare.engine.hardware_probe`."""
    program = ForkedWorker(command)
    with program.stdin, program.stdout, program.stderr:
        said, complained = program.stdout.read().decode(), program.stderr.read().decode()
    done = subprocess.CompletedProcess(list(command), program.wait(), said, complained)
    done.check_returncode()
    return done


@contextmanager
def forked() -> Iterator[None]:
    """Within it `EngineProcess` and `probe_hardware` fork their programs, where the platform can."""
    if sys.platform == "win32":
        yield
        return
    names = SimpleNamespace(**{**vars(subprocess), "Popen": ForkedWorker, "run": _run})
    with (
        patch("ftcompare.engine.blocking_transport.subprocess", names),
        patch("ftcompare.engine.hardware_probe.subprocess", names),
    ):
        yield
