"""Write every document of kept studies into a folder, to compare two versions with ``diff -r``.

Three studies are made once and kept: a blinded one, the same unblinded, and the demo study, judged and
unblinded. Each command runs on a fresh copy. Times, dates of today, and the folder are replaced.

Run: ``python benchmarks/golden_documents.py make STUDIES``, then ``… write STUDIES OUT`` with each version.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import click
import pypdf

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ftcompare.cli.main import run
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.formats.registry import EXPORT_FORMATS
from ftcompare.store.study.study_file import StudyFile
from tests.swapped_studies import swapped_studies
from tests.test_disclosure import COMMANDS, GATE

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
MORE: tuple[tuple[str, ...], ...] = (
    ("results", "--details"),
    ("results", "--pair", "cardiology", "base"),
    ("measures checks", "--details"),
    ("measures safety", "--details"),
    ("measures consistency", "--details"),
    ("measures calibration", "--details"),
    ("measures benchmarks show", "--details"),
    ("suite checkpoints", "--json"),
    ("measures speed", "--last"),
    ("measures speed", "--last", "--json"),
    ("answers list", "--json", "--texts"),
    ("prompts instructions",),
    ("prompts instructions", "--json"),
    ("terms glossary", "--json"),
    ("prompts leakage", "train.jsonl"),
    ("gate", "--gate", "gate.toml", "--junit", "junit.out"),
    ("results", "--html", "report.out"),
    ("results", "--html", "report.out", "--without-texts"),
    ("results", "--pdf", "report.pdf", "--paper", "a4"),
    ("answers marks", "--write", "marks.csv"),
    ("answers marks", "--write", "marks.jsonld"),
    ("unblind", "--reason", "Golden"),
    *(
        ("export", "out.txt", "--format", form.id, *extra)
        for form in EXPORT_FORMATS
        for extra in ((), ("--include-held-out", "--include-cut"))
        if form.id != "xlsx" and (not extra or form.rows.trains)
    ),
)
EXAMPLES: tuple[tuple[str, ...], ...] = (
    ("suite example", "suite.out"),
    ("judges run", "--example", "judge.out"),
)
INPUTS = {"gate.toml", "train.jsonl", "study.ftstudy"}
FILE = re.compile(r"\.(toml|txt|jsonl|jsonld|csv|out|pdf)$")
CLOCK = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?|\b\d\d:\d\d(:\d\d(\.\d+)?)?\b")
TODAY = re.compile(datetime.now(UTC).strftime(r"%Y-%m-%d|%d %B %Y|%-d %B %Y|%B %-d, %Y"))


def make(folder: Path) -> None:
    """Write the three studies into ``folder``."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        studies = swapped_studies(Path(work), NOW)
        shutil.copy(studies.one, folder / "blinded.ftstudy")
        shutil.copy(studies.other, folder / "open.ftstudy")
        _run("demo", "--dir", f"{work}/demo", "--prompts", "40", "--no-window")
        shutil.copy(Path(work) / "demo" / "demo.ftstudy", folder / "demo.ftstudy")
    demo = folder / "demo.ftstudy"
    with StudyFile.open(demo, now=NOW) as study:
        for name in ("Ada", "Ben", "Cleo"):
            _judge_by_length(study, name)
    _run("measures", "likelihood", str(demo))
    _run("measures", "speed", str(demo))
    for study_path in (folder / "open.ftstudy", demo):
        _run("unblind", str(study_path), "--reason", "Golden")


def _judge_by_length(study: StudyFile, name: str) -> None:
    rater = study.raters.add(name).id
    study.allocations.draw(rater, rng=Random(name), now=NOW)
    rng = Random(f"votes of {name}")
    while (item := study.judgments.next_item(rater)) is not None:
        longer = Choice.LEFT if len(item.left) > len(item.right) else Choice.RIGHT
        choice = rng.choices([longer, Choice.LEFT, Choice.RIGHT, Choice.TIE], [5, 1, 1, 1])[0]
        study.judgments.judge(item.allocation, Verdict(choice, seconds=float(rng.randint(3, 40))), now=NOW)


def _run(*command: str) -> tuple[int, str]:
    """Run a command; returns its status and all that it printed."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = run([*command])
    out.seek(0)
    return status, out.read()


def documents(study: Path, work: Path) -> Iterator[tuple[str, str]]:
    """Every command's name with its output and the files that it wrote."""
    for command in (*COMMANDS, *MORE):
        folder = work / "folder"
        folder.mkdir()
        copy = folder / "study.ftstudy"
        shutil.copy(study, copy)
        (folder / "gate.toml").write_text(GATE, encoding="utf-8")
        (folder / "train.jsonl").write_text(
            '{"prompt": "Question 1?", "completion": "x"}\n', encoding="utf-8"
        )
        options = [
            str(folder / o) if re.search(r"\.(toml|txt|jsonl|jsonld|csv|out|pdf)$", o) else o
            for o in command[1:]
        ]
        arguments = [*command[0].split(), str(copy), *options]
        os.chdir(folder)
        status, printed = _run(*arguments)
        parts = [f"status {status}", printed]
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in INPUTS:
                parts += [f"=== {path.relative_to(folder)}", _text(path)]
        yield " ".join(command).replace("/", "_"), _plain("\n".join(parts), folder)
        shutil.rmtree(folder)


def _text(path: Path) -> str:
    if path.suffix == ".pdf":
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    return path.read_bytes().decode("utf-8", "replace")


def _plain(text: str, folder: Path) -> str:
    return TODAY.sub("DAY", CLOCK.sub("TIME", text.replace(str(folder), "FOLDER")))


def write(studies: Path, out: Path) -> None:
    """Write the documents of every study in ``studies`` below ``out``."""
    for study in sorted(studies.resolve().glob("*.ftstudy")):
        folder = out.resolve() / study.stem
        folder.mkdir(parents=True)
        with tempfile.TemporaryDirectory() as work:
            for name, text in documents(study, Path(work)):
                (folder / f"{name}.txt").write_text(text, encoding="utf-8")


@click.command()
@click.argument("what", type=click.Choice(["make", "write"]))
@click.argument("studies", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path), required=False)
def main(what: str, studies: Path, out: Path | None) -> None:
    """Make the kept studies, or write their documents."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["FTCOMPARE_HOME"] = home
        if what == "make":
            make(studies)
        elif out is not None:
            write(studies, out)


if __name__ == "__main__":
    main()
