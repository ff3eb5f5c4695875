"""Model and adapter folders that mean harm: is code run, a socket opened, a file elsewhere read?

    python benchmarks/hostile_models.py [--seconds 120] [--deadline 60]

Each folder of `tests/engine/models/hostile_folders.py` is a copy of a tiny honest model and adapter with one
change. It is loaded, verified and asked one prompt, in a process that notes what it opens, connects to and
starts. It must end with its error, or where the change is to do nothing, with an answer. Exits with 1 if one
does not.
"""

from __future__ import annotations

import argparse
import json
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from machine import machine

from tests.engine.models.hostile_folders import ELSEWHERE, Hostile, hostile_folders

FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "os.system")
START_SECONDS = 180.0
TEMPLATE_SECONDS = 3.0
OWN_PROCESS = "ftcompare.engine.backends.local.template_renderer_process"
"""The program of ours that fills in chat templates."""


@dataclass
class Guard:
    """What happened in this process that must not; an audit hook.

    Args:
        folder: of the model and adapter that are looked at.
    """

    folder: Path = Path("/nowhere")
    seen: list[str] = field(default_factory=list)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an event."""
        if event in FORBIDDEN:
            self.seen.append(f"{event} {arguments[1:]}")
        elif event == "open" and isinstance(arguments[0], str) and self._is_elsewhere(arguments[0]):
            self.seen.append(f"open {arguments[0]}")
        elif event == "subprocess.Popen" and OWN_PROCESS not in " ".join(map(str, arguments[1])):
            self.seen.append(f"started {arguments[1]}")

    def _is_elsewhere(self, path: str) -> bool:
        return f"/{ELSEWHERE}/" in str(Path(path).absolute()) or path == "/etc/passwd"


def look_at_folders() -> None:
    """Load each folder that stdin names; one line of JSON for each on stdout."""
    from ftcompare.core.errors import BugError, FTCompareError
    from ftcompare.engine.backends.local import loading
    from ftcompare.engine.backends.local.template_renderer import RENDERER
    from tests.engine.local.local_driver import ITEMS, Driver

    RENDERER.seconds = TEMPLATE_SECONDS
    loading.SECONDS = TEMPLATE_SECONDS
    guard = Guard()
    sys.addaudithook(guard)
    print("ready", flush=True)
    for line in sys.stdin:
        guard.folder, code = Path(line.strip()), ""
        guard.seen.clear()
        try:
            driver = Driver()
            driver.load(guard.folder / "base", guard.folder / "adapter")
            driver.verify()
            driver.write(ITEMS[:1])
        except BugError as error:
            code = f"crash: {error}"
        except FTCompareError as error:
            code = error.code
        except Exception as error:  # noqa: BLE001  (what the worker calls a bug)
            code = f"crash: {type(error).__name__}: {error}"
        print(json.dumps({"code": code, "seen": guard.seen}), flush=True)


class Looker:
    """A process of `look_at_folders`, started again after one that had to be killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def look(self, folder: Path, deadline: float) -> dict[str, Any]:
        """What came of a folder."""
        process = self._started()
        assert process.stdin is not None
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
        try:
            line = self._lines.get(timeout=deadline)
        except queue.Empty:
            line = ""
        if not line:
            self.close()
            return {"code": "crash: no end, or the process died", "seen": []}
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            command = [sys.executable, __file__, "--look"]
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self._process = subprocess.Popen(command, text=True, stderr=subprocess.DEVNULL, **pipes)
            self._lines = queue.SimpleQueue()
            assert self._process.stdout is not None
            threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()
            self._lines.get(timeout=START_SECONDS)
        return self._process


def _read(stream: IO[str], lines: queue.SimpleQueue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def main() -> int:
    """Make, look, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="after which no further folder is begun")
    parser.add_argument("--deadline", type=float, default=60.0, help="seconds for one folder")
    parser.add_argument("--look", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.look:
        look_at_folders()
        return 0
    print(f"machine: {machine()}")
    with tempfile.TemporaryDirectory() as name:
        return _campaign(Path(name), chosen.seconds, chosen.deadline)


def _campaign(place: Path, seconds: float, deadline: float) -> int:
    from tests.engine.tiny_models import build_adapter, build_model

    honest = place / "honest"
    build_adapter(honest / "adapter", build_model(honest / "base"))
    folders, until = list(hostile_folders()), time.monotonic() + seconds
    looker, codes, wrong = Looker(), Counter[str](), list[str]()
    for hostile in folders:
        if time.monotonic() > until:
            break
        code, faults = _try(hostile, honest, place / "try", looker, deadline)
        codes[code or "taken, with no effect"] += 1
        wrong += [f"{hostile.name}: {fault}" for fault in faults]
    looker.close()
    print(f"{codes.total()} of {len(folders)} folders tried")
    print(f"{len(wrong)} wrong", *wrong, sep="\n  ")
    print(*(f"{count:5} {code}" for code, count in codes.most_common()), sep="\n")
    return 1 if wrong else 0


def _try(
    hostile: Hostile, honest: Path, place: Path, looker: Looker, deadline: float
) -> tuple[str, list[str]]:
    """The code that a folder ends with, and what is wrong with that."""
    shutil.copytree(honest, place)
    (place / ELSEWHERE).mkdir()
    (place / ELSEWHERE / "secret.json").write_text("{}", "utf-8")
    (place / "base" / "own.py").write_text("open('ran', 'w').close()", "utf-8")
    hostile.spoil(place / "base", place / "adapter")
    found = looker.look(place, deadline)
    faults = list(found["seen"]) + [f"ran {path}" for path in place.rglob("ran")]
    if found["code"] not in (hostile.codes or ("",)):
        faults.append(
            f"ended with {found['code'] or 'no error'!r}, not {' or '.join(hostile.codes) or 'well'}"
        )
    shutil.rmtree(place)
    return found["code"].partition(":")[0], faults


if __name__ == "__main__":
    sys.exit(main())
