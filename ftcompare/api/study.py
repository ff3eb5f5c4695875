"""Open a study for programs: its contents as tables, results and release checks as records, exports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ftcompare.api.records import (
    AnswerRecord,
    GeneratedRecord,
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
from ftcompare.app.export.importing import ImportCounts, ImportSource, create_from_files, import_file
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.app.study import opening
from ftcompare.app.study.description import describe, info_json
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.study.shown_names import recipe_words, responses_told, specs_told, system_names
from ftcompare.core.conversation import tool_turn
from ftcompare.core.errors import UserError
from ftcompare.core.fields import fields_of
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.random_source import fresh_rng
from ftcompare.core.trace import of_tools
from ftcompare.core.typed_json import JsonForm, read_record, record_json
from ftcompare.formats.json_files import json_text
from ftcompare.formats.judgments import PREFERENCE

if TYPE_CHECKING:
    from ftcompare.app.judges.code_judge import Compare
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


def create_study(path: StrPath, file: StrPath, format: str = "", *, title: str = "") -> ImportCounts:  # noqa: A002 - as in open()
    """Create a study from judgments or answers made elsewhere, as `ftcompare import` does.

    A study of imported judgments is unblinded, because there is nothing to conceal.

    Args:
        path: The new study file.
        file: The file to import.
        format: An [import format](reference/export-formats.md), such as `judgments` or `outputs`.
                Default: the format that the names of the file's fields show.
        title: The title of the study. Default: the name of its file.

    Raises:
        UserError: The study exists, or the file cannot be read. Then no file is written.
    """
    place, source = Path(path), Path(file)
    if is_there(place):
        how = "Choose another name, or open it with write=True and import the file."
        raise UserError("The study exists.", where=str(place), how=how, code="study-exists")
    plan, now = StudyPlan(title=title or place.stem), _now()
    return create_from_files(place, [ImportSource(source, format)], plan=plan, rng=fresh_rng(), now=now)[0]


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
                {"preference": PREFERENCE.get(str(row.get("choice"))), **row, "prompt": _turns(row["prompt"])}
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
            gate, source = gate_of(TomlTable(conditions, "conditions", CODE)), ""
        else:
            gate, source = read_gate_file(Path(conditions)), Path(conditions).name
        with self._reading() as file:
            return apply_gate(file, gate, tier=tier, source=source)

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
            return export(file, Path(path), request, now=_now(), replace=replace)

    def import_file(self, path: StrPath, format: str = "", *, unblind: bool = False) -> ImportCounts:  # noqa: A002 - as in open()
        """Import judgments or answers made elsewhere. The study must be open for writing.

        Judgments that the study contains are not added again.

        Args:
            path: The file.
            format: An [import format](reference/export-formats.md), such as `judgments` or `outputs`.
                Default: the format that the names of the file's fields show.
            unblind: Whether to allow an import that unblinds the study, because it then has only imported
                judgments.

        Raises:
            UserError: `open-for-reading`, `import-unblinds`, or the file cannot be read. Then nothing is
                imported.
        """
        with self._reading(writes=True) as file:
            return import_file(file, Path(path), format, now=_now(), unblind=unblind)

    def generate(
        self, *, limit: int | None = None, agree: Sequence[str] = (), unjudged: bool = False, **settings: Any
    ) -> GeneratedRecord:
        """Generate the missing answers, as `ftcompare generate` does. The study must be open for writing.

        Answers are stored as they are written, so that an interrupted call can be repeated. The models run in
        another process. Each system is verified first.

        Args:
            limit: Generate pairs for at most this number of prompts.
            agree: Servers that may receive prompts, and models of the hub that may be downloaded.
            unjudged: Whether to generate answers of an unblinded study, although nobody can judge them.
            **settings: [Generation settings](reference/settings.md) by name, such as `temperature=0.7`.
                Default: those of the last run.

        Raises:
            UserError: `open-for-reading`, `wrong-setting`, `samples-alike`, `rating-closed`, or `agree-form`;
                or the models cannot be loaded or verified.
        """
        from ftcompare.app.generate.engine_run import EngineProcess, drive, require_engine
        from ftcompare.app.generate.generation import GenerationRun, require_draws, require_judges
        from ftcompare.app.generate.generation_state import last_settings
        from ftcompare.app.setup.consent import agree_to_named

        with self._reading(writes=True) as file:
            agree_to_named(agree)
            chosen = replace(last_settings(file), **_accepted(settings))
            require_draws(file, chosen)
            require_engine()
            run = GenerationRun(file, settings=chosen, clock=_now, limit=limit)
            if not unjudged:
                require_judges(file, run)
            with EngineProcess() as engine:
                drive(run, engine, lambda _: None).raise_fault()
            found: dict[str, Any] = info_json(describe(file))
            reasons = file.responses.failures()
            failures = {one.spec.key: reasons[one.id] for one in file.prompts.all() if one.id in reasons}
            return GeneratedRecord(**found["pairs"], failures=failures)

    def judge(self, name: str, compare: Compare, *, version: str = "", only_judged: bool = False) -> int:
        """Have a function judge pairs of answers, and return how many it judged.

        The study must be open for writing. The votes are those of a judge, which results never pool with
        those of people. Pairs that the judge has judged are not judged again.

            def shorter(prompt: str, first: str, second: str) -> str:
                return "first" if len(first) < len(second) else "second"


            study.judge("shorter", shorter)

        Args:
            name: The name of the judge.
            compare: A function of a prompt and two answers that returns `first`, `second`, or `tie`. It gets
                no names of systems. Each pair is judged in both orders. The questions are in random order.
            version: Version of the function. A judge's votes belong to one version.
            only_judged: Whether to judge only pairs that people have judged.

        Raises:
            UserError: `open-for-reading`, `no-pairs`, `judge-differs` if the judge has another version,
                `judge-name-taken`, or `judge-reply` if the function returns something else.
        """
        from ftcompare.app.judges.code_judge import judge_by_code
        from ftcompare.app.judges.judging_plan import PairChoice

        with self._reading(writes=True) as file:
            choice = PairChoice(only_judged=only_judged)
            rng = fresh_rng()
            return judge_by_code(file, name, compare, version=version, choice=choice, rng=rng, clock=_now)

    def unblind(self, reason: str) -> None:
        """Show the names of systems from now on, and end judging. This cannot be undone.

        The study must be open for writing. Its audit log stores the reason and the time.

        Raises:
            UserError: `open-for-reading`, `nothing-to-unblind`, `already-unblinded`, or `no-reason`.
        """
        from ftcompare.app.study.unblinding import unblind

        with self._reading(writes=True) as file:
            unblind(file, reason, now=_now())

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
            write_report(file, targets, now=_now(), paper=paper, texts=texts, replace=replace)
        return place


def _turns(prompt: Any) -> Any:
    """Return a prompt as records have it: turns with calls of tools have their text."""
    if isinstance(prompt, str):
        return prompt
    return [record_json(tool_turn(turn)) if of_tools(turn) else turn for turn in prompt]


def _now() -> datetime:
    return datetime.now(UTC)


def _accepted(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return generation settings with accepted values."""
    known = fields_of(GenerationSettings)
    for name, value in settings.items():
        if name not in known or not known[name].accepts(value):
            what = f"{name} is {value!r}." if name in known else f"There is no setting {name}."
            how = f"Use one of: {', '.join(known)}."
            if name in known:
                how = f"It must be a number {known[name].range_words}." if known[name].is_number else ""
            raise UserError(what, how=how, code="wrong-setting")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}


def _table(kind: type[_Record], objects: Any) -> RecordTable[_Record]:
    return RecordTable(kind, [read_record(kind, one, _WRITTEN) for one in objects])
