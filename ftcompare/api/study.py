"""Open a study for programs: its contents as tables, results and release checks as records, exports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ftcompare.api.records import (
    AnswerRecord,
    OverviewRecord,
    PairRecord,
    PartRecord,
    PromptRecord,
    RecordTable,
    ResultsRecord,
    SystemRecord,
    VoteRecord,
)
from ftcompare.app.application_paths import is_there
from ftcompare.app.export.export_request import ExportOptions, request_of, require_offered
from ftcompare.app.export.exporting import ExportDone, export, exported_objects
from ftcompare.app.export.importing import ImportCounts, create_from_import, import_file
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.app.study import opening
from ftcompare.app.study.description import describe, info_json
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.study.shown_names import recipe_words, responses_told, specs_told, system_names
from ftcompare.core.errors import UserError
from ftcompare.core.random_source import fresh_rng
from ftcompare.core.typed_json import JsonForm, read_record, record_json
from ftcompare.formats.json_files import json_text
from ftcompare.formats.judgments import PREFERENCE

if TYPE_CHECKING:
    from ftcompare.app.release.gate_report import GateReport  # it loads scipy

_Record = TypeVar("_Record")
StrPath = str | PathLike[str]
_WRITTEN = JsonForm(defaults=True, further=True)
"""A document has further fields than a record, and leaves out empty ones."""
_PARTS = "category", "split", "tag", "task", "context_kind", "criterion"
_LISTS = "categories", "splits", "tags", "tasks", "context_kinds", "criteria"
"""The dimensions of parts, and their lists in the document of results."""


def open_study(path: StrPath, *, write: bool = False) -> OpenStudy:
    """Open a study, for reading unless `write` is true.

    For reading, a temporary copy is opened: the file is neither changed nor locked, even by an older version
    of the format. For writing, the file is locked until the study is closed, and backed up as in the window.

        with ftcompare.open_study("review.ftstudy") as study:
            votes = study.votes().to_pandas()

    Args:
        path: A study file (`.ftstudy`).
        write: Whether to open the file itself, for exports and imports.

    Raises:
        UserError: The file is not a study, is locked by another program, or does not exist.
    """
    now, stack, place = datetime.now(UTC), ExitStack(), Path(path)
    opened = opening.open_study(place, now=now) if write else opening.opened_copy(place, now=now)
    return OpenStudy(stack.enter_context(opened), stack, writable=write)


def create_study(path: StrPath, file: StrPath, format: str, *, title: str = "") -> ImportCounts:  # noqa: A002 - as in open()
    """Create a study from judgments or answers made elsewhere, as `ftcompare import` does.

    A study of imported judgments is unblinded, because there is nothing to conceal.

    Args:
        path: The new study file.
        file: The file to import.
        format: An [import format](reference/export-formats.md), such as `judgments` or `outputs`.
        title: The title of the study. Default: the name of its file.

    Raises:
        UserError: The study exists, or the file cannot be read. Then no file is written.
    """
    place, source = Path(path), Path(file)
    if is_there(place):
        how = "Choose another name, or open it with write=True and import the file."
        raise UserError("The study exists.", where=str(place), how=how, code="study-exists")
    plan, now = StudyPlan(title=title or place.stem), datetime.now(UTC)
    return create_from_import(place, plan, source, format, rng=fresh_rng(), now=now)


class OpenStudy:
    """A study that `open_study` opened. Use it in a `with` statement, or close it.

    Each call reads the study from its file. Use a study in the thread that opened it.
    """

    def __init__(self, file: StudyFile, stack: ExitStack, *, writable: bool) -> None:
        self._file, self._stack, self._writable = file, stack, writable

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the study, and release its lock or delete its copy. Closing twice has no effect."""
        self._stack.close()

    @contextmanager
    def _reading(self, *, writes: bool = False) -> Iterator[StudyFile]:
        if writes and not self._writable:
            what, how = "The study is open for reading.", "Open it with write=True."
            raise UserError(what, where=self._file.path.name, how=how, code="open-for-reading")
        with opening.damage_told(self._file):
            yield self._file

    def overview(self) -> OverviewRecord:
        """Return the title, whether the study is blinded, and the number of prompts, pairs, and judgments."""
        with self._reading() as file:
            found: dict[str, Any] = info_json(describe(file))
        pairs = {f"pairs_{name}": number for name, number in found["pairs"].items()}
        return read_record(OverviewRecord, {**found, **pairs}, _WRITTEN)

    def systems(self) -> RecordTable[SystemRecord]:
        """Return the systems, in the order of adding. Until unblinding, they are sorted by neutral name."""
        with self._reading() as file:
            names, counts, specs = system_names(file), responses_told(file), specs_told(file)
            disclosure = file.settings.read().disclosure
        found = []
        for key, spec in specs.items():
            parts = {} if spec is None else record_json(spec) | {"instructions": recipe_words(spec.recipe)}
            known = {**parts, "name": names[key], "responses": counts[key]}
            found.append(read_record(SystemRecord, known, _WRITTEN))
        return RecordTable(SystemRecord, disclosure.ordered(found, lambda one: one.name))

    def prompts(self) -> RecordTable[PromptRecord]:
        """Return the prompts, in the order of the study."""
        with self._reading() as file:
            specs = [prompt.spec for prompt in file.prompts.all()]
        return _table(PromptRecord, ({"id": one.key, "text": one.text, **record_json(one)} for one in specs))

    def answers(self) -> RecordTable[AnswerRecord]:
        """Return the answers of all systems, by prompt.

        Raises:
            UserError: `still-blinded`, because answers name their systems; `study-altered`.
        """
        return self._exported(AnswerRecord, "outputs", ExportOptions(reasoning=True))

    def votes(self, *, every_kind: bool = False, without_excluded: bool = False) -> RecordTable[VoteRecord]:
        """Return the judgments of people and programs on pairs. Grades of single answers are not among them.

        Args:
            every_kind: Whether to include records that assess raters: hidden repeats, controls, gold items,
                and guesses. They are not votes, and results do not count them.
            without_excluded: Whether to leave out excluded raters, whose votes the main results contain.

        Raises:
            UserError: `still-blinded`, because votes name systems; `study-altered`.
        """
        found = self._exported(VoteRecord, "judgments", ExportOptions(without_excluded=without_excluded))
        return RecordTable(VoteRecord, (one for one in found if every_kind or one.kind == "ordinary"))

    def _exported(self, kind: type[_Record], form: str, options: ExportOptions) -> RecordTable[_Record]:
        """The rows of a format as records, under the conditions of an export."""
        with self._reading() as file:
            rows = exported_objects(file, request_of(file, form, options))
            known: Iterator[dict[str, Any]] = (
                {"preference": PREFERENCE.get(str(row.get("choice"))), **row}
                for row in rows
                if "grade" not in row
            )
            return RecordTable(kind, [read_record(kind, one, _WRITTEN) for one in known])

    def results(self, pairs: Sequence[tuple[str, str]] = ()) -> ResultsRecord:
        """Return the results: win rates with intervals, claims, evidence, and agreement of raters.

        While the study is blinded, only figures that do not reveal the preferred system are given. The others
        are None or empty, and `held_back` names them.

        Args:
            pairs: Pairs of names of systems. Default: the pairs with the most judgments.

        Raises:
            UserError: `no-such-system`, `same-system`, or `pair-not-judged`.
        """
        from ftcompare.app.results.chosen_pairs import asked_pairs  # these load scipy
        from ftcompare.app.results.json_document import results_json

        with self._reading() as file:
            found: dict[str, Any] = json.loads(json_text(results_json(file, asked_pairs(file, pairs))))
        of_parts = (
            {**one, "dimension": field, "name": one[field] or ""}
            for listed, field in zip(_LISTS, _PARTS, strict=True)
            for one in found[listed]
        )
        return ResultsRecord(
            **found["study"],
            comparisons=_table(PairRecord, found["comparisons"]),
            parts=_table(PartRecord, of_parts),
            average_win_rate=found["ranking"]["average_win_rate"] or {},
            agreement=found["agreement"],
            intact=found["integrity"]["ok"],
            problems=tuple(found["integrity"]["problems"]),
            held_back=tuple(found["held_back"]),
            document=found,
        )

    def gate(self, conditions: StrPath | Mapping[str, Any], *, tier: str = "") -> GateReport:
        """Run a release check, as `ftcompare gate` does. A condition on a withheld figure does not hold.

        Args:
            conditions: A [release check file](reference/gate-file.md), or its settings by name, such as
                `{"min_win_rate": 0.5}`.
            tier: A tier of the file. Default: all tiers.

        Raises:
            UserError: `gate-file`, `gate-empty`, `gate-tier`, `gate-system`, or `gate-measure`.
        """
        from ftcompare.app.release.gate_file import CODE, gate_of, read_gate_file  # these load scipy
        from ftcompare.app.release.gate_report import apply_gate
        from ftcompare.formats.toml_file import TomlTable

        if isinstance(conditions, Mapping):
            gate = gate_of(TomlTable(conditions, "conditions", CODE))
        else:
            gate = read_gate_file(Path(conditions))
        with self._reading() as file:
            return apply_gate(file, gate, tier=tier)

    def export(
        self,
        path: StrPath,
        format: str,  # noqa: A002 - as in open()
        options: ExportOptions | None = None,
        *,
        replace: bool = False,
    ) -> ExportDone:
        """Write a file in an export format, with its data card.

        The study must be open for writing, because its audit log records the export.

        Args:
            path: The file, or the folder for a format that writes one.
            format: An [export format](reference/export-formats.md), such as `trl-preference`.
            options: How rows are selected and written. Default: as `ftcompare export` without options.
            replace: Whether to overwrite an existing file.

        Raises:
            UserError: `open-for-reading`, `study-altered`, `file-exists`, `unknown-format`, or
                `still-blinded` if the format names systems. The codes of a wrong option are
                `export-option`, `filter-not-known`, and `unknown-filter`.
        """
        with self._reading(writes=True) as file:
            request = request_of(file, format, options or ExportOptions())
            require_offered(file, request.filters)
            return export(file, Path(path), request, now=datetime.now(UTC), replace=replace)

    def import_file(self, path: StrPath, format: str) -> ImportCounts:  # noqa: A002 - as in open()
        """Import judgments or answers made elsewhere. The study must be open for writing.

        Judgments that the study contains are not added again.

        Args:
            path: The file.
            format: An [import format](reference/export-formats.md), such as `judgments` or `outputs`.

        Raises:
            UserError: `open-for-reading`, or the file cannot be read. Then nothing is imported.
        """
        with self._reading(writes=True) as file:
            return import_file(file, Path(path), format, now=datetime.now(UTC))

    def save_report(self, path: StrPath, *, texts: bool = True, replace: bool = False) -> Path:
        """Save the report of the present results as a web page or a PDF, and return its path.

        Args:
            path: A name that ends in `.html` or `.pdf`.
            texts: Whether to include prompts, answers, and comments.
            replace: Whether to overwrite an existing file.

        Raises:
            UserError: `report-form` for another suffix; `file-exists`.
        """
        from ftcompare.app.report import form_of, usual_paper, write_report  # it loads matplotlib

        place = Path(path)
        with self._reading() as file:
            targets, paper = [(place, form_of(place))], usual_paper()
            write_report(file, targets, now=datetime.now(UTC), paper=paper, texts=texts, replace=replace)
        return place


def _table(kind: type[_Record], objects: Any) -> RecordTable[_Record]:
    return RecordTable(kind, [read_record(kind, one, _WRITTEN) for one in objects])
