"""Code of a model is shut off from the machine, or not run: hostile programs are run for real."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from ftcompare.checks.code_sandbox import code_runner, launcher, sandbox
from ftcompare.checks.code_sandbox.sandbox import (
    NOT_ISOLATED,
    CodeProgram,
    CodeRun,
    Trial,
    interpreter,
    one_line,
    require_isolation,
    run_code,
    trials,
)
from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.prompt_check import CodeLimits, CodeOutcome
from tests.code_isolation import needs_isolation
from tests.limits import HANG

QUICK = CodeLimits(seconds=1)
PATIENT = CodeLimits(seconds=60)
"""For what ends by itself, on a busy machine."""


def ran(answer: str, tests: str = "", entry: str = "", limits: CodeLimits = PATIENT) -> CodeRun:
    return run_code(CodeProgram(answer, tests, entry), limits)


# --- what comes of code -----------------------------------------------------------------------------

ADD = "def add(a, b):\n    return a + b\n"


@needs_isolation
@pytest.mark.parametrize(
    ("answer", "tests", "entry", "expected"),
    [
        (ADD, "assert add(2, 3) == 5", "", CodeRun(CodeOutcome.PASSED)),
        (ADD, "def check(f):\n    assert f(2, 3) == 5", "add", CodeRun(CodeOutcome.PASSED)),
        (
            ADD,
            "assert add(1, 1) == 2\nassert add(2, 2) == 5, 'not five'",
            "",
            CodeRun(CodeOutcome.FAILED, "line 2: assert add(2, 2) == 5, 'not five' not five"),
        ),
        (
            ADD,
            "def check(f):\n    assert f(2, 3) == 6",
            "add",
            CodeRun(CodeOutcome.FAILED, "line 2: assert f(2, 3) == 6"),
        ),
        ("assert False", "", "", CodeRun(CodeOutcome.FAILED)),
        (
            "x = 1",
            "assert add(2, 3) == 5",
            "",
            CodeRun(CodeOutcome.ERROR, "NameError: name 'add' is not defined"),
        ),
        ("raise KeyError", "", "", CodeRun(CodeOutcome.ERROR, "KeyError")),
        ("import sys\nsys.exit(0)", "", "", CodeRun(CodeOutcome.ERROR, "SystemExit: 0")),
        ("if __name__ == '__main__':\n    raise ValueError", "", "", CodeRun(CodeOutcome.PASSED)),
        ("import numpy", "", "", CodeRun(CodeOutcome.ERROR, "ModuleNotFoundError: No module named 'numpy'")),
    ],
)
def test_an_outcome_for_every_program(answer: str, tests: str, entry: str, expected: CodeRun) -> None:
    assert ran(answer, tests, entry) == expected


@needs_isolation
def test_what_cannot_be_compiled_is_told_apart() -> None:
    found = ran("I cannot write code.")
    assert (found.outcome, found.compiled) == (CodeOutcome.ERROR, False)
    assert found.detail.startswith("SyntaxError")
    assert not ran("x = " + "(" * 10_000).compiled
    assert not ran("x = 1\0").compiled


@needs_isolation
@pytest.mark.parametrize(
    "answer",
    [
        "import os\nos._exit(0)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "import os\nfor n in range(3, 60):\n"
        '    try:\n        os.write(n, b\'{"outcome": "passed", "detail": "", "token": ""}\')\n'
        "    except OSError:\n        pass\nos._exit(0)",
        "import os\nfor n in range(3, 60):\n"
        "    try:\n        os.write(n, b'[' * 60000)\n    except OSError:\n        pass\nos._exit(0)",
    ],
)
def test_code_that_ends_itself_or_writes_a_verdict_passes_nothing(answer: str) -> None:
    assert ran(answer, "assert False") == CodeRun(
        CodeOutcome.ERROR, "it ended before its tests were finished"
    )


FORGED = """import json, os, sys
frame = sys._getframe()
while "token" not in frame.f_locals: frame = frame.f_back
there = frame.f_locals
forged = {"outcome": "error", "detail": "ValueError: a\\nb" + "x" * 50_000, "token": there["token"]}
os.write(there["report"], json.dumps(forged).encode())
os._exit(0)
"""
"""Writes the report itself, with the token that it finds in the runner's memory."""


@needs_isolation
@pytest.mark.parametrize(
    ("answer", "beginning"),
    [
        ("raise ValueError('a\\nb\\x1b[31m\\u202e\\ud800' + 'x' * 10**6)", "ValueError: a b [31m ?xx"),
        (FORGED, "ValueError: a bxx"),
    ],
)
def test_what_code_says_of_itself_is_one_short_line(answer: str, beginning: str) -> None:
    found = ran(answer)
    assert found.detail.startswith(beginning)
    assert len(found.detail) == code_runner.LONGEST


@needs_isolation
def test_an_error_that_cannot_be_described_is_named() -> None:
    assert ran("class E(Exception):\n    def __str__(self): raise E\nraise E").detail == "E"
    assert one_line("a\u2028b") == "a b"


@needs_isolation
def test_code_that_becomes_another_program_stays_shut_off_and_limited() -> None:
    begin = "import os, sys\nos.execve(sys.executable, [sys.executable, '-I', '-S', '-c', "
    tried = "import socket, time\ntry: socket.socket()\nexcept PermissionError: time.sleep(60)"
    assert ran(f"{begin}{tried!r}], {{}})", "assert False", limits=QUICK).outcome is CodeOutcome.TIME
    assert ran(f"{begin}'pass'], {{}})", "assert True").outcome is CodeOutcome.ERROR


# --- what code tries --------------------------------------------------------------------------------


@needs_isolation
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("import socket\nsocket.socket()", "PermissionError"),
        ("import socket\nsocket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)", "PermissionError"),
        ("import os\nos.fork()", "PermissionError"),
        ("import subprocess\nsubprocess.run(['/bin/sh'])", "PermissionError"),
        ("import os\nos.memfd_create('x')", "PermissionError"),
        ("open('/etc/passwd')", "FileNotFoundError"),
        ("open('/proc/self/environ')", "FileNotFoundError"),
        ("import os\nos.listdir('/sys')", "FileNotFoundError"),
        ("open('/runner.py', 'a')", "PermissionError|OSError"),
        ("import os\nos.mkdir('/new')", "PermissionError|OSError"),
        ("import os\nos.remove(os.__file__)", "PermissionError|OSError"),
        ("open('x', 'wb').write(bytes(20 * 2**20))", r"OSError: \[Errno 27\]"),
        ("for n in range(9): open(str(n), 'wb').write(bytes(2**21))", r"OSError: \[Errno 28\]"),
        ("kept = [open('x', 'a') for _ in range(100)]", r"OSError: \[Errno 24\]"),
        ("import os\nfor n in range(5000): os.mkdir(str(n))", r"OSError: \[Errno 28\]"),
        ("import os\nos.setuid(0)", "PermissionError"),
        ("import os\nos.chroot('.')", "PermissionError"),
        (
            "import threading as t, time\nfor n in range(99): t.Thread(target=time.sleep, args=(9,)).start()",
            "RuntimeError: can't start new thread",
        ),
        ("import resource as r\nr.setrlimit(r.RLIMIT_AS, (-1, -1))", "ValueError"),
    ],
)
def test_what_is_refused(answer: str, said: str) -> None:
    found = ran(answer)
    assert found.outcome is CodeOutcome.ERROR
    assert re.match(said, found.detail)


@needs_isolation
@pytest.mark.parametrize("call", ["unshare", "setns", "ptrace", "mount", "umount2"])
def test_calls_of_the_kernel_are_refused(call: str) -> None:
    answer = f"import ctypes\nl = ctypes.CDLL(None, use_errno=True)\nassert l.{call}(0, 0, 0, 0, 0) == -1\n"
    assert ran(f"{answer}assert ctypes.get_errno() == 1").outcome is CodeOutcome.PASSED


@needs_isolation
@pytest.mark.parametrize(
    "answer",
    [
        "kept = bytearray(10**10)",
        "kept = []\nwhile True: kept.append(bytes(2**20))",
        "x = 'x' * 10\nwhile True: x += x",
    ],
)
def test_memory_is_limited(answer: str) -> None:
    assert ran(answer) == CodeRun(CodeOutcome.MEMORY)


@needs_isolation
@pytest.mark.parametrize(
    "answer",
    [
        "while True: pass",
        "import time\ntime.sleep(10**6)",
        "import os, time\nos.closerange(0, 64)\ntime.sleep(10**6)",
        "import signal, time\nfor n in range(1, 32):\n    try:\n        signal.signal(n, signal.SIG_IGN)\n"
        "    except OSError:\n        pass\nwhile True: pass",
        "import os\nwhile True:\n    for n in range(3, 60):\n"
        "        try:\n            os.write(n, b'x' * 65536)\n        except OSError:\n            pass",
    ],
)
def test_time_is_limited(answer: str) -> None:
    assert ran(answer, limits=QUICK) == CodeRun(CodeOutcome.TIME, "ended after 1 s")


@needs_isolation
def test_code_sees_an_empty_folder_and_nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    seen = (
        "import os, sys\nraise ValueError([os.getcwd(), os.listdir('.'), [*set(os.environ) - {'LC_CTYPE'}],"
        " os.getuid() != 0, os.getpid() < 10, sys.stdin.read(), sys.argv])"
    )
    told = "ValueError: ['/work', [], [], True, True, '', ['answer']]"
    assert ran(seen) == CodeRun(CodeOutcome.ERROR, told)
    assert ran("open('kept', 'w').write('x')").outcome is CodeOutcome.PASSED
    assert ran("import os\nassert os.listdir('.') == []").outcome is CodeOutcome.PASSED


@needs_isolation
def test_it_is_ended_where_it_is_stopped_and_leaves_no_process() -> None:
    class Stopped(Exception):
        """Somebody pressed Cancel."""

    def stop() -> None:
        raise Stopped

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(Stopped):
        run_code(CodeProgram("while True: pass", ""), PATIENT, stop)
    for child in psutil.Process().children(recursive=True):
        if child.pid not in before:
            child.wait(timeout=HANG)


RUN_FOR_EVER = """
import sys
from pathlib import Path
import psutil
from ftcompare.checks.code_sandbox import sandbox
from ftcompare.core.prompt_check import CodeLimits

def pulse():
    every = psutil.Process().children(recursive=True)
    if len(every) == 3 and "/runner.py" in every[-1].cmdline():
        print(*(one.pid for one in every), flush=True)

sandbox._HERE = Path(sys.argv[1])
sandbox.run_code(sandbox.CodeProgram("import time\\ntime.sleep(10**6)", ""), CodeLimits(seconds=3600), pulse)
"""
ASKS_KERNEL = '    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)\n'
WATCHES_PIPES = "select.select(watched, [], [], LOOK_SECONDS)[0]"


@needs_isolation
@pytest.mark.parametrize("killed", ["FTCompare", "the launcher"])
@pytest.mark.parametrize(
    ("without", "instead"),
    [(ASKS_KERNEL, "    pass\n"), (WATCHES_PIPES, "time.sleep(LOOK_SECONDS)")],
    ids=["by pipes alone", "by the kernel alone"],
)
def test_code_ends_with_the_process_that_started_it(
    tmp_path: Path, killed: str, without: str, instead: str
) -> None:
    """Each of the two mechanisms suffices, also where root gives up its rights for the code."""
    for name in ("launcher.py", "code_runner.py"):
        text = (Path(launcher.__file__).parent / name).read_text("utf-8")
        assert (without in text) == (name == "launcher.py")
        (tmp_path / name).write_text(text.replace(without, instead), "utf-8")
    shutil.copy(Path(launcher.__file__).with_name("system_calls.json"), tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", RUN_FOR_EVER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        every = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        try:
            (parent if killed == "FTCompare" else every[0]).kill()
            _, alive = psutil.wait_procs(every, timeout=HANG)
        finally:
            parent.kill()
            for process in every:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
    assert len(every) == 3
    assert not alive


# --- whether it is shut off at all ------------------------------------------------------------------


@needs_isolation
def test_the_self_check_holds_here() -> None:
    tried = require_isolation()
    assert {"open a socket", "start a process", "take much memory", "go on for ever"} <= set(tried)


def unguarded(program: CodeProgram, limits: CodeLimits, _pulse: Callable[[], None]) -> CodeRun:
    """Runs code as anybody would, with a limit of time alone."""
    request = json.dumps({**asdict(program), "token": "t"}).encode()
    runner = str(Path(code_runner.__file__))
    read, write = os.pipe()
    try:
        subprocess.run(
            [sys.executable, runner, str(write)],
            input=request,
            pass_fds=(write,),
            timeout=limits.seconds,
            check=False,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": ""},
        )
    except subprocess.TimeoutExpired:
        return CodeRun(CodeOutcome.TIME)
    finally:
        os.close(write)
    with os.fdopen(read, "rb") as file:
        told = file.read()
    return CodeRun(CodeOutcome(json.loads(told)["outcome"])) if told else CodeRun(CodeOutcome.ERROR)


def test_the_self_check_finds_code_that_is_not_shut_off() -> None:
    patient = CodeLimits(seconds=60)
    with pytest.raises(EnvironmentFault, match="no code was run") as caught:
        require_isolation(patient, run=lambda program, _, pulse: unguarded(program, patient, pulse))
    assert caught.value.code == NOT_ISOLATED
    assert "the trial “open a socket” was not blocked" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "open a socket",
        "reach this machine",
        "read a file of this machine",
        "see another process",
        "write a file",
    ],
)
def test_each_trial_tells(tmp_path: Path, name: str) -> None:
    """Without isolation they succeed: none holds only because it never works."""
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as own:
        port = own.getsockname()[1]
        every = trials(port, tmp_path / "secret", tmp_path / "target", CodeLimits())
        trial = next(one for one in every if one.name.startswith(name))
        found = unguarded(CodeProgram(f"{trial.answer}\n", ""), PATIENT, lambda: None)
    assert found.outcome is CodeOutcome.PASSED
    assert not trial.holds(found)


def test_a_file_that_was_written_is_noticed_whatever_was_told() -> None:
    def quiet(program: CodeProgram, limits: CodeLimits, pulse: Callable[[], None]) -> CodeRun:
        if "written" in program.answer:
            unguarded(program, PATIENT, pulse)
        return CodeRun(_as_wanted(program.answer))

    with pytest.raises(EnvironmentFault, match="was able to write a file"):
        require_isolation(run=quiet)


def _as_wanted(answer: str) -> CodeOutcome:
    every = trials(1, Path("/s"), Path("/t"), CodeLimits())
    wanted = next((one.wanted for one in every if one.answer == answer.strip()), None)
    return wanted or CodeOutcome.ERROR


def test_a_trial_that_must_not_pass() -> None:
    assert Trial("x", "").holds(CodeRun(CodeOutcome.ERROR))
    assert not Trial("x", "", CodeOutcome.TIME).holds(CodeRun(CodeOutcome.ERROR))


@pytest.mark.parametrize("name", ["darwin", "win32"])
def test_other_systems_refuse(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sys, "platform", name)
    with pytest.raises(EnvironmentFault, match="no code was run") as caught:
        run_code(CodeProgram("x = 1", ""))
    assert f"this system is {name}" in str(caught.value)


def test_a_system_that_forbids_namespaces_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As where a container's filter of system calls says no."""
    text = Path(launcher.__file__).read_text("utf-8")
    refused = text.replace(
        "    user, group = os.geteuid(), os.getegid()\n", "    raise OSError(1, 'unshare: no')\n"
    )
    assert refused != text
    (tmp_path / "launcher.py").write_text(refused, "utf-8")
    shutil.copy(Path(launcher.__file__).with_name("system_calls.json"), tmp_path)
    (tmp_path / "code_runner.py").write_text("", "utf-8")
    monkeypatch.setattr(sandbox, "_HERE", tmp_path)
    with pytest.raises(EnvironmentFault, match="unshare: no"):
        run_code(CodeProgram("x = 1", ""))
    (tmp_path / "launcher.py").write_text("raise SystemExit('broken')", "utf-8")
    with pytest.raises(EnvironmentFault, match="broken"):
        run_code(CodeProgram("x = 1", ""))


@needs_isolation
def test_a_root_that_cannot_be_made_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_SHARED", (*sandbox._SHARED, "/dev/null/x"))
    monkeypatch.setattr(Path, "exists", lambda _self: True)
    with pytest.raises(EnvironmentFault, match="no code was run"):
        run_code(CodeProgram("x = 1", ""))


def test_a_machine_that_the_filter_does_not_know_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(launcher, "_call", lambda *_: None)
    assert launcher.run({}, 0) == {"setup": "the system call filter does not support this machine, riscv64"}


@pytest.mark.parametrize("machine", launcher.MACHINES)
def test_the_filter_refuses_what_it_names_and_allows_the_rest(machine: str) -> None:
    """The filter is run by hand, as the kernel does."""
    arch, refused, clone, foreign = launcher.MACHINES[machine]
    lines = launcher.filter_instructions(machine)

    def verdict(number: int, flags: int = 0, of: int = arch) -> int:
        data, at, held = {0: number, 4: of, 16: flags}, 0, 0
        while True:
            code, yes, no, value = lines[at]
            at += 1
            match code:
                case 0x20:
                    held = data[value]
                case 0x15:
                    at += yes if held == value else no
                case 0x35:
                    at += yes if held >= value else no
                case 0x45:
                    at += yes if held & value else no
                case _:
                    return value

    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000
    assert len(lines) < 4096
    assert {verdict(number) for number in refused} == {refuse}
    assert (verdict(clone), verdict(clone, launcher.CLONE_THREAD)) == (refuse, allow)
    assert verdict(launcher.CLONE3) == 0x00050026
    assert verdict(1) == allow
    assert verdict(1, of=3) == kill
    assert verdict(foreign) == kill


def test_the_interpreter_is_not_that_of_a_virtual_environment() -> None:
    assert not (interpreter().parent.parent / "pyvenv.cfg").exists()
    assert any((interpreter().parent.parent / name).exists() for name in ("lib", "lib64"))


def test_folders_within_others_are_shown_once() -> None:
    request: dict[str, Any] = sandbox._request({}, CodeLimits())
    paths = request["paths"]
    assert not any(one != other and one.startswith(f"{other}/") for one in paths for other in paths)
