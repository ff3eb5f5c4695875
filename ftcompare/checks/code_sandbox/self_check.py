"""Checks the isolation: attack programs are run before any code of a model is run."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ftcompare.checks.code_sandbox.sandbox import CodeProgram, CodeRun, not_isolated, run_code
from ftcompare.core.code_tests import CODE_LIMITS, CodeLimits, CodeOutcome

ENDLESS_SECONDS = 1
"""Time limit of the trials with endless programs, in seconds; other trials have the normal limit."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An attack program with its expected outcome."""

    name: str  # what the program attempts, as in "it could open a socket"
    answer: str  # code that passes if the attack succeeds
    wanted: CodeOutcome | None = None  # the expected outcome; None for any outcome but passing

    def holds(self, found: CodeRun) -> bool:
        """Whether a run had the expected outcome."""
        return (
            found.outcome is not CodeOutcome.PASSED if self.wanted is None else found.outcome is self.wanted
        )


def trials(port: int, secret: Path, target: Path, limits: CodeLimits) -> tuple[Trial, ...]:
    """All trials.

    Args:
        port: a port of this machine with a listening server.
        secret: path of a file that this process can read.
        target: path of a file that does not exist, in a folder that this process can write.
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


# Where the interpreter lies in the home folder, only the interpreter's own folder may be visible there.
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
    """Run all trials, which takes some seconds.

    Args:
        pulse: called repeatedly; an exception that it raises ends the check.

    Returns:
        The names of the trials.

    Raises:
        EnvironmentFault: ``code-not-isolated``, if a trial has another outcome than expected.
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
                raise not_isolated(f"a trial could {trial.name}, or could not be made: {found.outcome}")
        if target.exists():
            raise not_isolated("a trial could write a file of this machine")
    return tuple(trial.name for trial in every)
