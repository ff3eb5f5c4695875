"""Program inside the sandbox: runs an answer's code, then its tests, and reports the outcome.

It is copied into the sandbox and run by ``python -I -S`` with an empty environment; it imports no module of
FTCompare. It reads one JSON object from stdin and writes one to the file descriptor given as its argument.
The report contains the token of the request only if the tests ran to their end, which an early exit cannot
do. A request with ``rows`` calls the function ``score`` of a file with each of them instead, and its report
has a line for each: ``score``, or ``problem`` and ``line`` of the file, which ends it.
"""

from __future__ import annotations

import json
import os
import sys
import types
from typing import Any

LONGEST = 300  # maximum number of characters of the error description
MOST_BYTES = 1_500  # maximum length of a row's line in the report

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
        exec(compile(tests, "tests", "exec"), names)  # noqa: S102  (as above)
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
    except BaseException:  # noqa: BLE001  (code of a model may define the error)
        words = ""
    if isinstance(error, AssertionError):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def line_of(error: BaseException, file: str) -> int:
    """Return the innermost line of a file in the traceback, or that of its syntax error; 0 for none."""
    trace, line = error.__traceback__, 0
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def failed_line(error: AssertionError, tests: str) -> str:
    line, lines = line_of(error, "tests"), tests.splitlines()
    return f"line {line}: {lines[line - 1].strip()}" if 0 < line <= len(lines) else ""


def score_rows(source: str, rows: list[dict[str, Any]], report: int) -> None:
    module = types.ModuleType("measure")
    sys.modules["measure"] = module
    try:
        exec(compile(source, "measure", "exec"), module.__dict__)  # noqa: S102  (as above)
        for row in rows:
            line = json.dumps({"score": module.score(**row)}).encode() + b"\n"
            if len(line) > MOST_BYTES:
                raise ValueError("the score is too long")  # noqa: TRY301  (reported as any error)
            os.write(report, line)
    except BaseException as error:  # noqa: BLE001  (the code may raise anything)
        text = said(error)[:LONGEST].encode("utf-8", "replace").decode()
        os.write(report, json.dumps({"problem": text, "line": line_of(error, "measure")}).encode())


def main() -> None:
    request: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)  # the code must not read the request again
    token, report, end = request.pop("token", ""), int(sys.argv[1]), os._exit
    sys.argv[:] = ["answer"]
    if "rows" in request:
        score_rows(request["source"], request["rows"], report)
        end(0)
    outcome, detail = run(request["answer"], request["tests"], request["entry"])
    text = detail[:LONGEST].encode("utf-8", "replace").decode()
    os.write(report, json.dumps({"outcome": outcome, "detail": text, "token": token}).encode())
    end(0)


if __name__ == "__main__":
    main()
