"""The list of finished suite runs: a file in their folder, in which the next run finds the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.typed_json import ShapeError, read_record
from ftcompare.formats.json_document import read_json, write_json
from ftcompare.formats.text_files import is_below, printable

NAME = "suite-ledger.json"
RESULT = "result.json"
FORMAT = "ftcompare-suite-ledger"
VERSION = 1


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """One run."""

    folder: str  # its name, in the folder of the ledger
    suite: str  # title of the suite
    candidate: str  # name of the adapter in it
    at: str  # ISO 8601 UTC time at which it was begun: to look at a run again leaves its place
    digests: dict[str, str]  # of what must be the same in runs that are compared, by what it is called
    holds: bool  # whether it passed: its gate held
    tier: str  # that it was held to; empty for all
    passed: int  # prompts that the candidate passed, of ``prompts`` with checks
    prompts: int
    low: float | None = None  # lower end of the 95% interval of that share; None, as ``high``, without one
    high: float | None = None

    @property
    def rate(self) -> float | None:
        return self.passed / self.prompts if self.prompts else None


@dataclass(frozen=True, slots=True)
class SuiteRuns:
    """The finished runs in a folder, the oldest first."""

    folder: Path
    runs: tuple[FinishedRun, ...] = field(default=())

    def last(self, digests: Mapping[str, str], *, but: str = "") -> FinishedRun | None:
        """The newest of those with these digests that passed, else the newest of them.

        Later runs are not compared with a failed run, because its losses would no longer be reported.
        """
        same = [run for run in self.runs if run.digests == dict(digests) and run.folder != but]
        passed = [run for run in same if run.holds]
        found = passed or same
        return found[-1] if found else None

    def newest(self, *, but: str = "") -> FinishedRun | None:
        return next((run for run in reversed(self.runs) if run.folder != but), None)

    def place(self, run: FinishedRun) -> Path:
        """The folder of a run. Raises ``suite-ledger`` for one outside the ledger's folder."""
        found = self.folder / run.folder
        if not is_below(found, self.folder) or Path(run.folder).name != run.folder:
            raise _wrong(self.folder, f"It names the folder {printable(run.folder)!r}, which lies elsewhere.")
        return found


def read_runs(folder: Path) -> SuiteRuns:
    """The finished runs of a folder; none without a ledger. Raises ``suite-ledger`` for an invalid file."""
    file = folder / NAME
    if not file.is_file():
        return SuiteRuns(folder)
    try:
        document = read_json(file)
    except UserError as error:
        raise _wrong(folder, error.what) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _wrong(folder, "It is no ledger of suite runs.")
    if document.get("version") != VERSION:
        raise _wrong(folder, "It was written by another version.")
    runs = document.get("runs")
    return SuiteRuns(folder, tuple(_run(one, folder) for one in (runs if isinstance(runs, list) else [])))


def keep_run(folder: Path, run: FinishedRun) -> SuiteRuns:
    """Write a finished run into the ledger of its folder; it replaces an earlier entry of that run."""
    before = (one for one in read_runs(folder).runs if one.folder != run.folder)
    runs = tuple(sorted((*before, run), key=lambda one: one.at))
    document: dict[str, Json] = {"format": FORMAT, "version": VERSION, "runs": [asdict(one) for one in runs]}
    write_json(folder / NAME, document)
    return SuiteRuns(folder, runs)


def _run(value: Any, folder: Path) -> FinishedRun:
    try:
        return read_record(FinishedRun, value, at="a run")
    except ShapeError as error:
        raise _wrong(folder, f"A run in it cannot be read: {printable(str(error))}.") from error


def _wrong(folder: Path, what: str) -> UserError:
    how = "Correct it, or move it away: the next run then begins a new one."
    return UserError(what, where=printable(str(folder / NAME)), how=how, code="suite-ledger")


def runs_of(paths: Iterable[Path]) -> tuple[FinishedRun, ...]:
    """The finished runs of folders: those of a ledger, or the one that a run's own folder holds, by time.

    Raises `UserError`: ``no-suite-runs`` for a folder that holds none; as `read_runs`.
    """
    found: dict[Path, FinishedRun] = {}
    for path in paths:
        own = (path / RESULT).is_file()
        runs = read_runs(path.resolve().parent if own else path)
        wanted = [run for run in runs.runs if not own or run.folder == path.resolve().name]
        if not wanted:
            what = "There is no finished run of a suite in this folder."
            how = "Name the folder of a suite's runs, or of one of them."
            raise UserError(what, where=printable(str(path)), how=how, code="no-suite-runs")
        found |= {runs.folder.resolve() / run.folder: run for run in wanted}
    return tuple(sorted(found.values(), key=lambda run: run.at))
