"""Program inside the sandbox: runs an answer's code, then its tests, and reports the outcome.

It is copied into the sandbox and run by ``python -I -S`` with an empty environment; it imports no module of
FTCompare. It reads one JSON object from stdin and writes one to the file descriptor given as its argument.
The report contains the token of the request only if the tests ran to their end, which an early exit cannot
do.
"""

from __future__ import annotations

import json
import os
import sys
import types
from typing import Any

LONGEST = 300  # maximum number of characters of the error description

_Told = tuple[str, str]


def run(answer: str, tests: str, entry: str) -> _Told:
    """Return the outcome and a description of the error; ``no_compile`` for invalid Python."""
    module = types.ModuleType("answer")
    sys.modules["answer"] = module
    names = module.__dict__
    try:
        code = compile(answer, "answer", "exec")
    except MemoryError:
        return "memory", ""
    except BaseException as error:  # noqa: BLE001  (the text may make the compiler raise anything)
        return "no_compile", said(error)
    try:
        exec(code, names)  # noqa: S102  (this is what the sandbox is for)
        exec(compile(tests, "tests", "exec"), names)  # noqa: S102
        if entry:
            names["check"](names[entry])
    except MemoryError:
        return "memory", ""
    except AssertionError as error:
        return "failed", " ".join(filter(None, (failed_line(error, tests), said(error))))
    except BaseException as error:  # noqa: BLE001  (code of a model may raise anything)
        return "error", said(error)
    return "passed", ""


def said(error: BaseException) -> str:
    try:
        words = str(error)
    except BaseException:  # noqa: BLE001
        words = ""
    if isinstance(error, AssertionError):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def failed_line(error: AssertionError, tests: str) -> str:
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "tests":
            line = trace.tb_lineno
        trace = trace.tb_next
    lines = tests.splitlines()
    return f"line {line}: {lines[line - 1].strip()}" if 0 < line <= len(lines) else ""


def main() -> None:
    request: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)  # the code must not read the request again
    token, report, end = request.pop("token"), int(sys.argv[1]), os._exit
    sys.argv[:] = ["answer"]
    outcome, detail = run(request["answer"], request["tests"], request["entry"])
    text = detail[:LONGEST].encode("utf-8", "replace").decode()
    os.write(report, json.dumps({"outcome": outcome, "detail": text, "token": token}).encode())
    end(0)


if __name__ == "__main__":
    main()
