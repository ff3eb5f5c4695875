"""A reader that goes away, as `head -1` does, changes nothing of what a command does and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.cli.main import outlive_readers, outliving_its_reader, run
from ftcompare.core.study import RaterKind
from tests.app.voted_study import voted, voted_study

LISTS = """
info; info --json; info --machine; check; results; results --json; gate; suite checkpoints; raters list;
terms compare; terms glossary; answers list; answers list --json; answers remarks; answers marks;
answers scheme; answers corrections; answers disagreements; measures show; measures show --json;
measures checks; measures safety; measures consistency; measures calibration; measures labels;
measures fields; measures benchmarks show; judges list; judges list --json; judges rubrics; judges combine
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Judged by two people and a program, unblinded."""
    at = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
    path = tmp_path_factory.mktemp("closed") / "s.ftstudy"
    votes = [voted(f"p{n}", f"rater {n % 2}", "ab"[n % 2]) for n in range(12)]
    programs = [voted(f"p{n}", "a program", "a", rater_kind=RaterKind.AUTOMATIC) for n in range(12)]
    voted_study(path, [*votes, *programs], Random(1), at).close()
    return path


@contextmanager
def unread_output(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.TextIOWrapper]:
    """Standard output and error into pipes that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    with monkeypatch.context() as patch, os.fdopen(write, "w", encoding="utf-8") as unread:
        for name in ("stdout", "stderr"):
            patch.setattr(sys, name, unread)
        outlive_readers()
        yield unread
        sys.stdout.flush()
        sys.stderr.flush()


@pytest.mark.parametrize("command", LISTS.replace("\n", " ").strip().split("; "))
def test_a_command_ends_as_it_does_where_all_is_read(
    command: str, study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*command.split(), str(study)]
    status = run(arguments)
    assert "bug in FTCompare" not in capsys.readouterr().err
    with unread_output(monkeypatch):
        assert run(arguments) == status


def test_a_terminal_and_what_is_no_file_stay_as_they_are() -> None:
    text = io.StringIO()
    assert outliving_its_reader(text) is text


ANY_TEXT = "Qué 中 → 😀 \u0102"


@pytest.fixture(scope="module")
def titled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose texts hold characters that few encodings have."""
    at = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
    path = tmp_path_factory.mktemp("titled") / "s.ftstudy"
    voted_study(path, [voted(ANY_TEXT, ANY_TEXT, "a", b=ANY_TEXT)], Random(1), at, title=ANY_TEXT).close()
    return path


@pytest.mark.parametrize("asked", [True, False], ids=["by PYTHONIOENCODING", "by the system"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp437", "ascii", "utf-16"])
def test_any_character_is_written_in_any_encoding(
    tmp_path: Path, titled: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, asked: bool
) -> None:
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    if asked:
        monkeypatch.setenv("PYTHONIOENCODING", encoding)
    printed = {}
    for arguments in (["answers", "list"], ["info", "--json"]):
        file = tmp_path / arguments[0]
        with file.open("w", encoding=encoding) as opened, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", outliving_its_reader(opened))
            assert run([*arguments, str(titled)]) == 0
            sys.stdout.flush()
        # click writes UTF-8 in place of ASCII.
        printed[arguments[0]] = file.read_text(encoding if asked and encoding != "ascii" else "utf-8")
    assert json.loads(printed["info"])["title"] == ANY_TEXT
    spelled = re.compile(r"(\\u[0-9a-f]{4})+")
    told = spelled.sub(lambda found: json.loads(f'"{found[0]}"'), printed["answers"])
    assert ANY_TEXT in told.replace("->", "→")


@pytest.mark.parametrize(
    ("written", "in_cp1252"),
    [
        ("\u22122.8 points", "-2.8 points"),
        ("ordinal α ≥ 0.8, κ ≤ 1, Δ", "ordinal alpha >= 0.8, kappa <= 1, Delta"),
        ("1 → 2 ✓ ✗", "1 -> 2 yes no"),
        ("“±5” – 2 × 3…", "“±5” – 2 × 3…"),
    ],
)
def test_signs_of_the_program_are_legible_where_the_encoding_lacks_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, in_cp1252: str
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    with (tmp_path / "out.txt").open("w", encoding="cp1252") as file:
        print(written, file=outliving_its_reader(file), flush=True)
    assert (tmp_path / "out.txt").read_text("cp1252").strip() == in_cp1252


def test_the_program_writes_any_character(titled: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ftcompare", "info", str(titled)],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "Qué \\u4e2d -> \\ud83d\\ude00".encode("cp1252") in ended.stdout


PRINTING = """
import signal
from ftcompare.cli.main import outlive_readers
from ftcompare.cli.command_support import say, say_in_signal_handler
heard = 0
def on_signal(*_):
    global heard
    heard += 1
    say_in_signal_handler("heard")
outlive_readers()
signal.signal(signal.SIGALRM, on_signal)
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
while heard < 300:
    say("printed", err=True)
signal.setitimer(signal.ITIMER_REAL, 0)
say(f"{heard} in all")
"""


def test_a_signal_handler_prints_while_the_program_is_printing() -> None:
    done = subprocess.run([sys.executable, "-c", PRINTING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("heard\n")) == (0, int(done.stdout.split()[0])), done.stderr[
        -500:
    ]


def test_all_that_is_read_arrives(tmp_path: Path) -> None:
    with (tmp_path / "out.txt").open("w", encoding="utf-8") as file:
        print("first", file=file)
        other = outliving_its_reader(file)
        print("second", file=other, flush=True)
        assert other.encoding == "utf-8"
    assert (tmp_path / "out.txt").read_text("utf-8").split() == ["first", "second"]


def test_the_program_ends_without_a_word(study: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "ftcompare", "info", str(study)],
            stdout=write,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")
