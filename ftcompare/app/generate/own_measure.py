"""Measures that their owner defines: a Python file, a list of phrases, an encoder, or a command.

A Python file defines ``score(prompt, answer, reference)``. A command reads a line of JSON for each answer on
stdin, with ``id`` and the names of these arguments, and writes a line with ``id`` and ``score`` for each. A
score is a number, a truth value, null for none, or an object with several by name. A table with columns
``name`` and ``phrase`` or ``pattern`` gives 1 for each row whose phrase or regular expression occurs in the
answer, else 0.

A value belongs to the digest of the measure, and to prompt, answer, and reference: values of a changed file,
prompt, or answer are computed again. They are stored in batches, so that a stopped run can continue.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from ftcompare.app.generate.code_run import TRYING, user_name
from ftcompare.app.generate.engine_run import EngineProcess
from ftcompare.app.setup import consent
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.checks.code_sandbox import sandbox
from ftcompare.core.errors import UserError
from ftcompare.core.fields import setting, word_choices
from ftcompare.core.hashing import Json, digest, file_digest
from ftcompare.core.language import N_, sentences, tr, trn
from ftcompare.core.prompt_check import CODE_LIMITS
from ftcompare.core.study import Message, PromptSpec, ResponseId, SystemId
from ftcompare.engine import protocol
from ftcompare.formats.prompt_checks import require_pattern
from ftcompare.formats.tables import SUFFIXES, read_table_file
from ftcompare.formats.text_files import MIB, printable, read_lines, reading_failed, require_content
from ftcompare.store.study.engine_runs import BENCHMARKED
from ftcompare.store.study.measured_results import OWN, BenchmarkItem
from ftcompare.store.study.study_file import StudyFile

LONGEST_NAME = 60
PATTERNS = "patterns"  # key of the phrases in the record of a run
ALONE = ""  # name of the number of a measure that has only one


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class OwnMeasureSettings:
    source: str = setting("", "Source", "Python file, table of phrases, folder of an encoder, or command.")
    name: str = setting(
        "", N_("Name"), N_("Name of the measure in results and release checks. Default: that of the file.")
    )
    better: Better = setting(
        Better.HIGHER,
        N_("Better values"),
        N_("Whether higher or lower values are better."),
        choices=word_choices(Better.HIGHER, N_("Higher"), N_("Lower"), N_("Neither")),
    )


@dataclass(frozen=True, slots=True)
class OwnMeasure:
    """A measure that was read from its files. Exactly one of the last four attributes is set."""

    name: str
    better: Better
    source: str  # as the owner wrote it, for results and messages
    folder: Path  # working directory of a command
    content: str = ""  # digest of its files
    code: str = ""  # text of the Python file
    patterns: Mapping[str, str] = field(default_factory=dict)  # regular expressions of phrases by name
    command: tuple[str, ...] = ()
    encoder: Path | None = None  # folder of a text encoder

    @property
    def digest(self) -> str:
        """Digest of the files and settings: a changed measure is a new one."""
        return digest("own-measure", [self.name, self.better.value, self.content])


def read_own_measure(settings: OwnMeasureSettings, folder: Path = Path()) -> OwnMeasure:
    """Read a measure whose paths are relative to a folder. For phrases, neither direction is better.

    Raises:
        UserError: ``own-measure`` for an invalid name or command; as `read_lines` and `read_table_file`.
    """
    source = settings.source.strip()
    path = folder / Path(source).expanduser()
    found, files = OwnMeasure("", settings.better, source, folder), [path]
    if source and (path / "config.json").is_file():
        found, files = replace(found, encoder=path), [*path.glob("*"), *path.glob("1_Pooling/*")]
    elif path.suffix not in (".py", *SUFFIXES) or (" " in source and not path.is_file()):
        found = replace(found, command=_words(source))
        files = [one for word in found.command if (one := folder / word).is_file()]
        path = files[-1] if files else Path(found.command[0])
    elif path.suffix == ".py":
        found = replace(found, code="".join(line for _, line in read_lines(path, max_bytes=MIB)))
    else:
        found = replace(found, patterns=_patterns(path), better=Better.NEITHER)
    name = own_name(settings.name.strip() or path.stem.replace(".", "-"), source)
    digests: list[Json] = [[one.name, _file_digest(one)] for one in sorted(files) if one.is_file()]
    return replace(found, name=name, content=digest("own-files", [[*found.command], digests]))


def _file_digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise reading_failed(error, path) from error


def _words(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command, posix=os.name == "posix"))
    except ValueError:
        words = ()
    if not words:
        how = "Name a Python file, a table of phrases, a folder with an encoder, or a command."
        raise _refused("This is not a command.", command, how)
    return words


def _patterns(path: Path) -> dict[str, str]:
    """Return a regular expression by name, of all its rows. A phrase is matched as whole words."""
    groups, columns = dict[str, str](), ("name", "phrase", "pattern")
    for record in read_table_file(path, max_bytes=MIB, required=columns[1:], known=columns):
        phrase, pattern = (record.text(column).strip() for column in columns[1:])
        name = own_name(record.text("name").strip() or phrase or pattern, record.where)
        if phrase and pattern:
            what = "The row has both a phrase and a pattern."
            raise record.error(what, "Keep one of them, or write two rows. Nothing was measured.")
        if not phrase and not pattern:
            what = "The row has neither a phrase nor a pattern."
            raise record.error(what, "Fill in one of them, or remove the row. Nothing was measured.")
        try:
            require_pattern(pattern, "The pattern")
        except ValueError as error:
            what = str(error)
            raise record.error(what, "Correct the pattern. Nothing was measured.") from None
        own = pattern or rf"(?<!\w){re.escape(phrase)}(?!\w)"
        groups[name] = f"{groups[name]}|{own}" if name in groups else own
    require_content(path, has_records=bool(groups), wanted="at least one phrase")
    return groups


def own_name(name: str, where: str) -> str:
    """Return a name that can be part of a key. Raises ``own-measure``."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or "." in name or name != name.strip():
        what = tr("A name has 1 to {most} characters and no dot: {name}", LONGEST_NAME, repr(printable(name)))
        raise _refused(what, where, "Choose another name.")
    return name


def _refused(what: str, where: str, how: str) -> UserError:
    return UserError(what, where=printable(where), how=how, code="own-measure")


def row_of(prompt: PromptSpec, answer: str) -> dict[str, Json]:
    """Return the arguments of ``score``: ``reference`` is null, a text, or a list if several are accepted."""
    references: list[Json] = [*filter(None, (prompt.reference, *prompt.more_references))]
    reference = references if len(references) > 1 else references[0] if references else None
    return {"prompt": prompt.text, "answer": answer, "reference": reference}


def numbers_of(score: Json) -> Mapping[str, float]:
    """Return the numbers of a score by name; empty for null. Raises `ValueError`, the end of a sentence."""
    named = score if isinstance(score, dict) else {ALONE: score}
    found = {}
    for name, value in named.items():
        if value is not None:
            if not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(tr("{value} is not a finite number", repr(value)[:LONGEST_NAME]))
            found[own_name(name, name) if named is score else name] = float(value)
    return found


IN_SANDBOX = N_(
    "The file runs in the sandbox for code: without network and files, at most {seconds} s and {memory} MiB "
    "for {rows} answers."
)
SHOWN = 300  # number of characters of a command's text in an error
WITH_RIGHTS = N_("The command runs with your rights: it can read your files and use the network.")


def what_runs(measure: OwnMeasure) -> str:
    """Return a sentence on what the code of a measure may do; empty if it has none."""
    limits = {"seconds": CODE_LIMITS.seconds, "memory": CODE_LIMITS.memory_bytes // 2**20}
    if measure.command:
        return tr(WITH_RIGHTS)
    return tr(IN_SANDBOX, rows=sandbox.SCORED_AT_ONCE, **limits) if measure.code else ""


def agree_to_measures(*measures: OwnMeasure) -> None:
    consent.CODE.add(measure.digest for measure in measures if what_runs(measure))


def require_measure_agreed(measure: OwnMeasure) -> None:
    """Raise ``measure-not-agreed`` without consent, which phrases and encoders do not need."""
    if what_runs(measure) and measure.digest not in consent.CODE.read():
        raise UserError(
            "The measure runs only after you consent to it.",
            where=printable(measure.source),
            how=tr("{what} If you trust it, add --i-consent-to-running-code once.", what_runs(measure)),
            code="measure-not-agreed",
        )


@dataclass(frozen=True, slots=True)
class AnswerItem:
    id: ResponseId
    system: SystemId
    prompt: str  # the owner's id of the prompt
    row: dict[str, Json]  # arguments of the measure's function
    item: str  # digest of the row, which identifies it among the answers of its system


def answer_items(study: StudyFile) -> Iterator[AnswerItem]:
    prompts = {prompt.id: prompt.spec for prompt in study.prompts.all()}
    for one in study.responses.all():
        row = row_of(prompts[one.prompt], one.text)
        yield AnswerItem(one.id, one.system, prompts[one.prompt].key, row, digest("own-answer", row)[:32])


def _open_answers(study: StudyFile, measure: OwnMeasure) -> list[AnswerItem]:
    """The answers without a value, in an order that reveals no system; one of several equal answers."""
    runs = [run for run in study.benchmarks.runs(OWN) if run.about.get("digest") == measure.digest]
    done = {
        (run.system, item) for run in runs for own in study.benchmarks.values(run).values() for item in own
    }
    left = {(one.item, one.system): one for one in answer_items(study) if (one.system, one.item) not in done}
    needed = (one for _, one in sorted(left.items()))
    return [one for one in needed if not measure.encoder or one.row["reference"] is not None]


def run_own_measure(
    study: StudyFile,
    measure: OwnMeasure,
    progress: ProgressCallback = ignore_progress,
    *,
    clock: Callable[[], datetime],
) -> str:
    """Measure every answer that has no value, and return a sentence about it; stored values stay.

    An encoder also searches raters' comments for themes.

    Raises:
        UserError: ``measure-not-agreed``; ``measure-failed``, with the prompt and the line of the file; as
            `protocol.raise_fault` for an encoder.
        EnvironmentFault: ``code-not-isolated`` if this machine cannot isolate code; nothing was run.
    """
    require_measure_agreed(measure)
    answers = _open_answers(study, measure)
    themes = search_comments(study, measure, progress, now=clock()) if measure.encoder else ""
    if not answers:
        return themes or tr("“{name}” has no new answers to measure.", measure.name)
    about: dict[str, Json] = {"source": measure.source, "digest": measure.digest, "better": measure.better}
    if measure.patterns:
        about[PATTERNS] = {**measure.patterns}
    record: dict[str, Json] = {OWN: about, "machine": f"{platform.system()} {platform.machine()}"}
    if what_runs(measure):
        study.audit.append("measure-agreed", {"by": user_name(), **about}, now=clock())
    if measure.code:
        sandbox.require_isolation(pulse=partial(progress, TRYING, None))
        record |= {"python": platform.python_version(), "limits": asdict(CODE_LIMITS)}
    examination = study.scores.add_examination(BENCHMARKED, record, now=clock())
    waiting: list[tuple[SystemId, BenchmarkItem]] = []
    measured = 0

    def store() -> None:
        with study.atomic():
            for system, item in waiting:
                study.benchmarks.store([item], system=system, examination=examination)
        waiting.clear()

    try:
        for answer, score in _scores(measure, answers, progress):
            try:
                numbers = numbers_of(score)
            except (ValueError, UserError) as error:
                raise _failed(measure, str(error), answer.prompt) from error
            waiting.append((answer.system, BenchmarkItem(measure.name, answer.item, numbers, {})))
            measured += bool(numbers)
            if len(waiting) >= sandbox.SCORED_AT_ONCE:
                store()
    finally:  # store and seal also after a stop or an error
        store()
        study.audit.keep_measured_ends(now=clock())
    left = len(answers) - measured
    without = trn("{number} (answer|answers) got no value.", left) if left else ""
    done = trn("“{name}” measured {number} (answer|answers).", measured, name=measure.name)
    return sentences(done, without, themes)


def _scores(
    measure: OwnMeasure, answers: Sequence[AnswerItem], progress: ProgressCallback
) -> Iterator[tuple[AnswerItem, Json]]:
    done, rows = 0, [one.row for one in answers]

    def pulse() -> None:
        progress(tr("Measuring answers: {done} of {total}", done, len(rows)), done / len(rows))

    if measure.command:
        yield from ((answers[place], score) for place, score in _command_scores(measure, rows, pulse))
    elif measure.encoder:
        for key, similarity in _similarities(str(measure.encoder), rows, pulse):
            done += 1
            yield answers[key], similarity
    else:
        while done < len(rows):
            pulse()
            batch = rows[done : done + sandbox.SCORED_AT_ONCE]
            run = partial(sandbox.run_scores, measure.code, limits=CODE_LIMITS, pulse=pulse)
            found = _phrases_found(measure, batch) if measure.patterns else run(batch)
            yield from zip(answers[done:], found.scores, strict=False)
            done += len(found.scores)
            # An answer has the whole time limit for itself if others were measured before it.
            if found.problem and not (found.late and found.scores):
                raise _failed(measure, found.problem, answers[done].prompt, found.line)


def _phrases_found(measure: OwnMeasure, rows: Sequence[Mapping[str, Json]]) -> sandbox.ScoredBatch:
    from ftcompare.checks import prompt_checks  # loads rapidfuzz, which the window starts without

    scores: list[Json] = []
    try:
        for row in rows:
            text = str(row["answer"])
            scores.append(
                {name: prompt_checks.has_pattern(text, one) for name, one in measure.patterns.items()}
            )
    except TimeoutError:
        problem = tr("the regular expression took longer than {seconds} s", prompt_checks.REGEX_SECONDS)
        return sandbox.ScoredBatch((*scores,), problem)
    return sandbox.ScoredBatch((*scores,))


def _command_scores(
    measure: OwnMeasure, rows: Sequence[dict[str, Json]], pulse: Callable[[], None]
) -> Iterator[tuple[int, Json]]:
    """Run the command to its end, then yield the index of each row that it scored, and its last score."""
    lines = (json.dumps({"id": str(number), **row}) for number, row in enumerate(rows))
    given = "".join(f"{line}\n" for line in lines).encode()
    try:
        ended = sandbox.run_group(measure.command, given, pulse, cwd=measure.folder)
    except OSError as error:
        raise _failed(measure, f"The command cannot be started: {error.strerror}.") from error
    if ended.returncode:
        last = printable(ended.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][-SHOWN:])
        what = tr("The command ended with status {status}.", ended.returncode)
        raise _failed(measure, f"{what} {last}".strip())
    scores: dict[int, Json] = {}
    for number, line in enumerate(ended.stdout.splitlines(), 1):
        try:
            found = json.loads(line)
            scores[range(len(rows)).index(int(found["id"]))] = found["score"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            text = printable(line.decode("utf-8", "replace").strip()[:SHOWN])
            what = tr("Line {line} of its output is not a score: {text}", number, text)
            raise _failed(measure, what) from error
    yield from scores.items()


def _similarities(
    encoder: str, rows: Sequence[Mapping[str, Json]], pulse: Callable[[], None]
) -> Iterator[tuple[int, float]]:
    """Compare answers with their references, which are the messages before the text, in a worker."""
    texts = []
    for number, row in enumerate(rows):
        reference = row["reference"]
        every = reference if isinstance(reference, list) else [reference]
        messages = tuple(Message("reference", str(one)) for one in every)
        texts.append(protocol.TextToScore(str(number), messages, str(row["answer"])))
    yield from ((int(one.key), one.score) for one in _encoded(encoder, texts, pulse))


def _encoded(
    encoder: str, texts: Sequence[protocol.TextToScore], pulse: Callable[[], None]
) -> Iterator[protocol.Rewarded]:
    load = protocol.Load((protocol.SystemRequest("0", encoder),), backend="similarity")
    with EngineProcess() as engine:
        for command in (load, protocol.Reward((*texts,))):
            for event in engine.events(command):
                pulse()
                if isinstance(event, protocol.Fault):
                    protocol.raise_fault(event)
                if isinstance(event, protocol.Rewarded):
                    yield event


def search_comments(
    study: StudyFile, measure: OwnMeasure, progress: ProgressCallback, *, now: datetime
) -> str:
    """Search raters' comments for themes with the encoder of a measure, and return a sentence about it."""
    pulse = partial(progress, tr("Reading the comments…"), None)

    def embed(texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
        asked = [protocol.TextToScore(str(number), (), text) for number, text in enumerate(texts)]
        return {texts[int(one.key)]: one.embedding for one in _encoded(str(measure.encoder), asked, pulse)}

    from ftcompare.app.generate.comment_themes import find_themes  # it loads NumPy

    return find_themes(study, measure.digest, embed, now=now)


def _failed(measure: OwnMeasure, what: str, prompt: str = "", line: int = 0) -> UserError:
    """The error names the prompt only: while a study is blinded, the system must not be shown."""
    if prompt:
        what = tr("An answer to the prompt {prompt} cannot be measured: {problem}.", prompt, what.rstrip("."))
    where = ", ".join(filter(None, (printable(measure.source), tr("line {line}", line) if line else "")))
    how = "Correct the measure, and run it again. A changed measure is computed again."
    return UserError(what, where=where, how=how, code="measure-failed")


def phrase_lists(study: StudyFile) -> dict[str, str]:
    """Return the regular expression of each phrase that was measured, by name, from each list's last run."""
    newest = {run.task: run for run in sorted(study.benchmarks.runs(OWN), key=lambda run: run.examination)}
    lists = {name: own for name, run in newest.items() if isinstance(own := run.about.get(PATTERNS), dict)}
    return {
        f"{name}: {phrase}" if len(lists) > 1 else phrase: str(pattern)
        for name, own in lists.items()
        for phrase, pattern in own.items()
    }


@dataclass(frozen=True, slots=True)
class OwnValues:
    """The values of one measure: of its newest version, if its file was changed."""

    name: str
    better: Better
    source: str
    digest: str
    numbers: tuple[str, ...]  # names of its numbers; ``ALONE`` for a single one
    by_response: Mapping[ResponseId, Mapping[str, float]]  # the numbers of each answer that has any

    def key(self, number: str) -> str:
        """Return the name of one of its numbers among those of all measures."""
        return self.name if number == ALONE else f"{self.name}.{number}"

    def preference(self, number: str, a: ResponseId, b: ResponseId) -> float | None:
        """Return the share of a vote that ``b`` gets by a number: 1 if its value is better, 0.5 if equal, 0.

        None where one of the two has no value, or where neither direction is better.
        """
        of_a, of_b = (self.by_response.get(one, {}).get(number) for one in (a, b))
        if of_a is None or of_b is None or self.better is Better.NEITHER:
            return None
        gain = of_b - of_a if self.better is Better.HIGHER else of_a - of_b
        return 0.5 if gain == 0 else float(gain > 0)


@kept_until_changed
def own_values(study: StudyFile) -> tuple[OwnValues, ...]:
    """Return the measures with values, in the order in which they were first run."""
    runs, found = study.benchmarks.runs(OWN), []
    answers = [*answer_items(study)] if runs else []
    for name in dict.fromkeys(run.task for run in runs):
        about = max((run for run in runs if run.task == name), key=lambda run: run.examination).about
        stored: defaultdict[tuple[SystemId, str], dict[str, float]] = defaultdict(dict)
        for run in runs:
            if run.about == about:
                for number, values in study.benchmarks.values(run).items():
                    for item, value in values.items():
                        stored[run.system, item][number] = value
        numbers = sorted({number for own in stored.values() for number in own})
        own = {one.id: stored[key] for one in answers if (key := (one.system, one.item)) in stored}
        better, source, version = (str(about.get(key, "")) for key in ("better", "source", "digest"))
        found.append(OwnValues(name, Better(better), source, version, (*numbers,), own))
    return tuple(found)
