"""Runs a model's code isolated by `launcher`, or refuses to where attack programs show a gap."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ftcompare.checks.code_sandbox.code_runner import LONGEST
from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.hashing import Json
from ftcompare.core.prompt_check import CODE_LIMITS, CodeLimits, CodeOutcome

NOT_ISOLATED = "code-not-isolated"  # error code where code cannot be isolated on this machine

_HERE = Path(__file__).parent
_SHARED = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
"""Paths that an interpreter needs besides its own folders: shared libraries, and the loader's cache."""
_LOOK_SECONDS = 0.2
SCORED_AT_ONCE = 40  # rows of a batch; `code_runner` limits a row's report, and `launcher` that of all rows
_KILLED_FOR_TIME = {128 + int(getattr(signal, name, 0)) for name in ("SIGXCPU", "SIGKILL")}


@dataclass(frozen=True, slots=True)
class CodeProgram:
    answer: str  # the code of the answer
    tests: str  # code that runs after it in the same namespace
    entry: str = ""  # name of the answer's function that is passed to the tests' function ``check``


@dataclass(frozen=True, slots=True)
class CodeRun:
    outcome: CodeOutcome  # how the run ended
    detail: str = ""  # description of the error; untrusted text, on one line and without control characters
    compiled: bool = True  # whether the answer is valid Python


def interpreter() -> Path:
    """Return the Python that runs the code: that of this program, outside of any virtual environment."""
    return Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()


def run_code(
    program: CodeProgram,
    limits: CodeLimits = CODE_LIMITS,
    pulse: Callable[[], None] = lambda: None,
) -> CodeRun:
    """Run code with its tests, isolated from the machine.

    ``pulse`` is called repeatedly during the run; an exception that it raises ends the code. Raises
    `EnvironmentFault` ``code-not-isolated`` before anything is run.
    """
    token = secrets.token_hex(16)
    answer = _launched(_request({**asdict(program), "token": token}, limits), pulse)
    if answer["late"]:
        return CodeRun(CodeOutcome.TIME, f"ended after {limits.seconds} s")
    reported = _told(answer["report"], token)
    if reported is None:
        return CodeRun(CodeOutcome.ERROR, "it ended before its tests were finished")
    outcome, detail = reported
    if outcome == "no_compile":
        return CodeRun(CodeOutcome.ERROR, detail, compiled=False)
    return CodeRun(CodeOutcome(outcome), detail)


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """The values that a function gave to the first answers of a batch, and why it gave no more."""

    scores: tuple[Json, ...]  # as the function returned them; untrusted
    problem: str = ""  # why it stopped at the answer after these; empty where it scored all
    line: int = 0  # line of the file in which it failed; 0 if unknown
    late: bool = False  # whether the time limit ended it


def run_scores(
    source: str,
    rows: Sequence[Mapping[str, Json]],
    limits: CodeLimits = CODE_LIMITS,
    pulse: Callable[[], None] = lambda: None,
) -> ScoredBatch:
    """Call the function ``score`` of a file with each of at most `SCORED_AT_ONCE` rows, in one process.

    The isolation, the limits (which are for all rows together), ``pulse``, and the error are those of
    `run_code`. The keys of a row are the names of the function's arguments.
    """
    answer = _launched(_request({"source": source, "rows": [*rows]}, limits), pulse)
    scores: list[Json] = []
    for text in answer["report"].splitlines():
        try:
            found = json.loads(text)
            if "problem" in found:
                return ScoredBatch((*scores,), one_line(str(found["problem"])), int(found["line"]))
            scores.append(found["score"])
        except (ValueError, TypeError, KeyError, RecursionError):  # the code can write there, too
            break
    if len(scores) >= len(rows):
        return ScoredBatch((*scores,))
    if answer["late"]:
        return ScoredBatch((*scores,), f"it took longer than {limits.seconds} s", late=True)
    return ScoredBatch((*scores,), "the process ended before the function returned")


def not_isolated(why: str) -> EnvironmentFault:
    return EnvironmentFault(
        "This machine cannot isolate code that models write, so no code was run.",
        where=one_line(why),
        how="Run it on Linux (x86-64 or ARM, kernel 5.12 or newer), where programs may create "
        "namespaces. Many containers forbid this, and so does Ubuntu 24.04 unless "
        "kernel.apparmor_restrict_unprivileged_userns is 0.",
        code=NOT_ISOLATED,
    )


def one_line(text: str) -> str:
    """Return a text on one line, without characters that must not be shown or stored."""
    return "".join(c if c.isprintable() else " " for c in text.encode("utf-8", "replace").decode())


def _request(program: dict[str, Any], limits: CodeLimits) -> dict[str, Any]:
    python, prefix = interpreter(), Path(sys.base_prefix).resolve()
    own = (python, *(prefix / name for name in ("lib", "lib64")))
    paths, links = [], []
    for path in dict.fromkeys((*own, *map(Path, _SHARED))):
        if path.is_symlink():
            links.append((str(path), str(path.readlink())))
        elif path.exists():
            paths.append(str(path))
    return {
        "python": str(python),
        # without those that lie within another of them
        "paths": [one for one in paths if not any(one.startswith(f"{other}/") for other in paths)],
        "links": links,
        "runner": (_HERE / "code_runner.py").read_text("utf-8"),
        "limits": asdict(limits),
        "program": program,
    }


def _launched(request: dict[str, Any], pulse: Callable[[], None]) -> dict[str, Any]:
    """Return ``report``, and ``late`` if the time limit ended it. Raises ``code-not-isolated``."""
    if sys.platform != "linux":
        raise not_isolated(f"this system is {sys.platform}, and the isolation requires Linux")
    watched, alive = os.pipe()  # the write end closes with this process, and then the launcher ends the code
    arguments = [str(interpreter()), "-I", "-S", str(_HERE / "launcher.py"), str(watched)]
    given = json.dumps(request).encode()
    with os.fdopen(watched), os.fdopen(alive, "w"):
        ended = run_group(arguments, given, pulse, env={}, cwd="/", pass_fds=(watched,))
    try:
        answer: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        last = ended.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        answer = {"setup": last or "it ended at once"}
    if "setup" in answer:
        raise not_isolated(str(answer["setup"]))
    return {**answer, "late": answer["late"] or answer["status"] in _KILLED_FOR_TIME}


def run_group(
    arguments: Sequence[str], sent: bytes, pulse: Callable[[], None], **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end in a process group, which an exception of ``pulse`` ends. Raises `OSError`."""
    pipe, text = subprocess.PIPE, sent or None
    with subprocess.Popen(
        arguments, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, **options
    ) as process:
        try:
            while True:
                try:
                    out, err = process.communicate(text, timeout=_LOOK_SECONDS)
                    return subprocess.CompletedProcess(arguments, process.returncode, out, err)
                except subprocess.TimeoutExpired:
                    text = None
                    pulse()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
            raise


def _told(report: str, token: str) -> tuple[str, str] | None:
    """Return the runner's report, which the code can alter; None for one that is not the runner's."""
    try:
        body = json.loads(report)
        outcome, detail = str(body["outcome"]), one_line(str(body["detail"]))[:LONGEST]
        known = outcome == "no_compile" or outcome in [*CodeOutcome]
        return (outcome, detail) if body["token"] == token and known else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


ENDLESS_SECONDS = 1  # time limit of the trials with endless programs; other trials have the normal limit


@dataclass(frozen=True, slots=True)
class Trial:
    """Attack program with its expected outcome."""

    name: str  # what the program attempts, as in "it could open a socket"
    answer: str  # code that passes if the attack succeeds
    wanted: CodeOutcome | None = None  # the expected outcome; None for any outcome but passing

    def holds(self, run: CodeRun) -> bool:
        return run.outcome is not CodeOutcome.PASSED if self.wanted is None else run.outcome is self.wanted


def trials(port: int, secret: Path, target: Path, limits: CodeLimits) -> tuple[Trial, ...]:
    """Return all trials.

    ``port`` has a listening server of this machine, ``secret`` is a readable file, and ``target`` a
    missing file in a writable folder.
    """
    more = limits.file_bytes // 4 + 1
    return (
        Trial("run at all", "assert 1 + 1 == 2", CodeOutcome.PASSED),
        Trial("fail", "assert 1 + 1 == 3", CodeOutcome.FAILED),
        Trial("end before its tests", "import os\nos._exit(0)", CodeOutcome.ERROR),
        Trial("open a socket", "import socket\nsocket.socket()"),
        Trial("reach this machine", f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)"),
        Trial("read a file of this machine", f"open({str(secret)!r}).read()"),
        Trial("list the home folder", _HOME.format(home=str(Path.home()), more=_entries(Path.home()))),
        Trial("write a file of this machine", f"open({str(target)!r}, 'w').write('x')"),
        Trial("write to the root folder", "open('/x', 'w').write('x')"),
        Trial("see another process", f"import os\nos.kill({os.getpid()}, 0)"),
        Trial("see processes", "import os\nassert os.listdir('/proc')"),
        Trial("see the environment", "import os\nassert set(os.environ) - {'LC_CTYPE'}"),
        Trial("start a process", "import os\nos.fork()"),
        Trial("start a program", "import subprocess\nsubprocess.run(['/runner.py'])"),
        Trial("take much memory", f"held = bytearray({limits.memory_bytes} * 2)", CodeOutcome.MEMORY),
        Trial("hide memory in files", "import os\nos.memfd_create('x')"),
        Trial("write much", f"for n in range(5):\n    open(str(n), 'wb').write(bytes({more}))"),
        Trial("open many files", f"kept = [open('x', 'a') for _ in range({limits.open_files})]"),
        Trial("start many threads", _THREADS.format(count=2 * limits.threads)),
        Trial("go on for ever", "while True: pass", CodeOutcome.TIME),
        Trial("sleep for ever", "import os, time\nos.closerange(0, 64)\ntime.sleep(10**6)", CodeOutcome.TIME),
    )


# If the interpreter is in the home folder, only the interpreter's own folder may be visible there.
_HOME = "import os\nassert len(os.listdir({home!r})) >= {more}"
_THREADS = """import threading, time
for _ in range({count}):
    threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
"""


def _entries(folder: Path) -> int:
    try:
        return max(2, sum(1 for _ in folder.iterdir()))
    except OSError:
        return 2


def require_isolation(
    limits: CodeLimits = CODE_LIMITS,
    pulse: Callable[[], None] = lambda: None,
    run: Callable[[CodeProgram, CodeLimits, Callable[[], None]], CodeRun] = run_code,
) -> tuple[str, ...]:
    """Run all trials, which takes some seconds; return their names.

    ``pulse`` is called repeatedly; an exception that it raises ends the check. Raises `EnvironmentFault`
    ``code-not-isolated`` if a trial has another outcome than expected.
    """
    with (
        tempfile.TemporaryDirectory(prefix="ftcompare-") as folder,
        socket.create_server(("127.0.0.1", 0)) as own,
    ):
        Path(folder).chmod(0o777)  # every user could write there, except for the isolated code
        secret, target = Path(folder, "secret"), Path(folder, "written")
        secret.write_text("secret", encoding="utf-8")
        every = trials(own.getsockname()[1], secret, target, limits)
        for trial in every:
            endless = trial.wanted is CodeOutcome.TIME
            allowed = replace(limits, seconds=ENDLESS_SECONDS) if endless else limits
            found = run(CodeProgram(f"{trial.answer}\n", ""), allowed, pulse)
            if not trial.holds(found):
                raise not_isolated(
                    f"the trial “{trial.name}” was not blocked, or could not be made: {found.outcome}"
                )
        if target.exists():
            raise not_isolated("a trial was able to write a file of this machine")
    return tuple(trial.name for trial in every)
