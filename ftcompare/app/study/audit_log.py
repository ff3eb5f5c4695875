"""The audit log in words; its entries hold counts and digests only, which cannot tell systems apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.core.run_record import read_runs
from ftcompare.store.records import AuditEvent
from ftcompare.store.study.study_file import StudyFile

VERIFICATION_FAILED = "verification-failed"
"""Kind of an entry with the statement on each system that could not be verified, by the system's id."""
DIGEST_SHOWN = 12  # number of leading digest characters to show; enough to compare two digests by eye


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry of the log, in words."""

    seq: int  # number of the entry, from 1
    at: datetime  # time of the entry, in UTC
    what: str  # the action, as a phrase
    detail: str  # particulars of the action; may be empty
    digest: str  # digest of the entry; the next entry contains it (hash chain)


@dataclass(frozen=True, slots=True)
class AuditView:
    """The audit log, newest entry first."""

    lines: tuple[AuditLine, ...]
    # why entries of a kind unknown to this version are shown without particulars; None where their
    # particulars are shown
    withheld: Withheld | None


def audit_view(study: StudyFile) -> AuditView:
    withheld = study.settings.read().disclosure.withheld(Subject.UNKNOWN_EVENTS)
    raters = {int(r.id): r.name for r in study.raters.all()}
    named = withheld is None and study.settings.read().disclosure.tells(Subject.SYSTEM_NAMES)
    systems = {int(s.id): s.name for s in study.systems.all()} if named else {}
    live = frozenset(run.number for run in read_runs(study.runs.all()) if run.live)
    experts = {int(one.id): one.name for one in study.annotations.experts()}
    # The particulars of an entry of an unknown kind could tell the systems apart.
    unknown = (lambda _: "") if withheld else _anything
    lines = tuple(
        _line(_Detail(entry.detail, raters, experts, systems), entry, live, unknown)
        for entry in study.audit.entries()
    )
    return AuditView(tuple(reversed(lines)), withheld)


@dataclass(frozen=True, slots=True)
class _Detail:
    values: Mapping[str, Json]
    raters: Mapping[int, str]
    experts: Mapping[int, str]
    systems: Mapping[int, str]

    def rater(self) -> str:
        found = self.values.get("rater")
        if isinstance(found, int):
            return self.raters.get(found, f"rater {found}")
        return str(self.values.get("rater_name") or found or "")

    def text(self, key: str) -> str:
        found = self.values.get(key)
        return found if isinstance(found, str) else ""

    def number(self, key: str) -> int:
        found = self.values.get(key)
        return found if isinstance(found, int) else 0

    def digest(self, *keys: str) -> str:
        return next((short(self.text(key)) for key in keys if self.text(key)), "")

    def length(self, key: str) -> int:
        found = self.values.get(key)
        return len(found) if isinstance(found, list) else self.number(key)


def short(digest: str) -> str:
    return f"{digest[:DIGEST_SHOWN]}…" if len(digest) > DIGEST_SHOWN else digest


def _went_on(detail: _Detail) -> str:
    answers = detail.number("answers")
    compared = f"{detail.number('alike')} of {counted(answers, 'answer')} began like those written here"
    return f"run {detail.number('run')}; {compared if answers else 'its answers were not compared'}"


def _imported(detail: _Detail) -> str:
    names = ("systems", "prompts", "responses", "comparisons", "raters", "judgments")
    return ", ".join(counted(n, name[:-1], name) for name in names if (n := detail.number(name)))


_MERGED = (
    ("judgments", "judgment", "judgments"),
    ("skips", "skip", "skips"),
    ("guesses", "guess", "guesses"),
    ("marks", "mark", "marks"),
    ("looked_through", "answer fully read", "answers fully read"),
    ("retractions", "taken back", "taken back"),
    ("taken_back", "taken back", "taken back"),
)
"""Counts in entries about merged packs: key, singular and plural."""


def _merged(detail: _Detail) -> str:
    parts = [counted(n, one, many) for key, one, many in _MERGED if (n := detail.number(key))]
    why = f"; {_reason(detail)}" if detail.text("reason") else ""
    return _with_pack(f"from {detail.rater()}: {', '.join(parts) or 'nothing new'}{why}", detail)


def _with_pack(text: str, detail: _Detail) -> str:
    name = detail.text("name") or detail.text("pack")
    promise = detail.digest("commitment", "head", "digest")
    parts = (text, f"pack {short(name)}" if name else "", f"seal {promise}" if promise else "")
    return "; ".join(part for part in parts if part)


def _anything(detail: _Detail) -> str:
    kept = ((key, value) for key, value in detail.values.items() if isinstance(value, str | int | float))
    return "; ".join(f"{key} {short(str(value))}" for key, value in kept)


def _digest(words: str, key: str) -> Callable[[_Detail], str]:
    return lambda detail: f"{words} {detail.digest(key)}"


_sealed = _digest("seal", "digest")
_examined = _digest("its record has the seal", "record")
_commitment = _digest("seal", "commitment")


def _code_agreed(detail: _Detail) -> str:
    by = f"by {detail.text('by')}" if detail.text("by") else ""
    return "; ".join(filter(None, (by, f"Python {detail.text('python')}")))


def _glossary_set(detail: _Detail) -> str:
    acts = [f"{n:,} {act}" for act in ("added", "changed", "removed") if (n := detail.number(act))]
    return "; ".join((", ".join(acts), _sealed(detail)) if acts else (_sealed(detail),))


def _recipe_set(detail: _Detail) -> str:
    told = _sealed(detail) if detail.text("digest") else "no added instructions"
    return "; ".join(filter(None, (detail.systems.get(detail.number("system"), ""), told)))


def _items(detail: _Detail) -> str:
    return f"{counted(detail.length('items'), 'pair')} for {detail.rater()}"


def _comparisons(detail: _Detail) -> str:
    return f"{counted(detail.length('comparisons'), 'pair')}; {_sealed(detail)}"


def _reason(detail: _Detail) -> str:
    return f"reason: {detail.text('reason')}"


def _rater(detail: _Detail) -> str:
    return f"{detail.rater()}; {_reason(detail)}"


def _measured_ends(detail: _Detail) -> str:
    found = detail.values.get("measured_ends")
    ends = found.items() if isinstance(found, dict) else ()
    return ", ".join(
        f"{one[0]:,} of {table.replace('_', ' ')}" for table, one in ends if isinstance(one, list)
    )


def _other_model(detail: _Detail) -> str:
    named = f"requested “{detail.text('requested')}”, reported “{detail.text('reported')}”"
    return named if detail.systems else ""


def _tasks(detail: _Detail) -> str:
    return counted(detail.length("tasks"), "task")


def _run_chosen(detail: _Detail) -> str:
    system = detail.systems.get(detail.number("system"), "")
    run = f"run {detail.number('run')}" if detail.number("run") else "default"
    told = (run, detail.text("task"), system)
    return "; ".join(filter(None, (*told, _reason(detail) if detail.text("reason") else "")))


_WORDS: Mapping[str, tuple[str, Callable[[_Detail], str]]] = {
    "created": ("Study made", lambda d: f"format version {d.number('version')}"),
    "title-set": ("Title changed", lambda d: f"“{d.text('title')}”"),
    "glossary-set": ("Glossary changed", _glossary_set),
    "error-scheme-set": ("Error scheme changed", _sealed),
    "recipe-set": ("Instructions of a system set", _recipe_set),
    "rating-set": ("Scale and design of the rating set", _sealed),
    "names-kept": (
        "Neutral names settled",
        lambda d: f"of {counted(d.length('systems'), 'system')}; {_sealed(d)}",
    ),
    "run-started": ("Generation of pairs started", lambda d: f"run {d.number('run')}; {_examined(d)}"),
    VERIFICATION_FAILED: ("Verification of systems failed", lambda _: ""),
    "server-went-on": ("Generation continued through a server", _went_on),
    "other-model-replied": ("A server named another model than requested", _other_model),
    "empty-answers": (
        "Answers without text, although tokens were counted",
        lambda d: counted(d.number("answers"), "answer"),
    ),
    "cut-rewritten": ("Regeneration of cut answers started", lambda d: f"run {d.number('run')}"),
    "measured": ("Systems measured for the owner", _examined),
    "scored": ("Scoring of responses started", _examined),
    "labels_scored": ("Scoring of labels started", _examined),
    "code_run": ("Running of code started", _examined),
    "code-agreed": ("Consent to running code", _code_agreed),
    "judge-added": ("Judge added", _examined),
    "judge-server-agreed": ("Consent to sending texts to a judge's server", lambda d: d.text("host")),
    "judge-server-verified": (
        "A judge's server verified",
        lambda d: f"{counted(d.number('requests'), 'request')} in addition to its questions",
    ),
    "judged": ("Judging by a model started", _examined),
    "benchmarked": ("Results of a task kept", _examined),
    "measures-kept": ("Ends of judges' and measures' rows noted", _measured_ends),
    "retention-network": ("Data of tasks allowed to be downloaded", _tasks),
    "retention-code": ("Code of tasks allowed to run", _tasks),
    "retention-run-chosen": ("Run of a task chosen", _run_chosen),
    "outputs-imported": ("Answers imported", _imported),
    "judgments-imported": ("Judgments imported", _imported),
    "planned": (
        "Pairs assigned to raters",
        lambda d: f"plan {d.number('plan')} for {counted(d.number('raters'), 'rater')}; {_commitment(d)}",
    ),
    "sent-to-judging": (
        "Prompts sent to a further round of judging",
        lambda d: (
            f"{counted(d.number('pairs'), 'pair')}, {counted(d.number('judgments'), 'further judgment')}; "
            f"{_sealed(d)}"
        ),
    ),
    "comments-read": (
        "An expert read the raters' verdicts on a pair",
        lambda d: f"{d.experts.get(d.number('expert'), '')}; prompt {d.text('prompt')}",
    ),
    "slot-taken": ("Share of the pairs taken", lambda d: f"share {d.number('slot') + 1} by {d.rater()}"),
    "allocated": ("Order and sides drawn", lambda d: f"{_items(d)}; {_commitment(d)}"),
    "gold-added": ("Known-answer checks added", _comparisons),
    "leakage-checked": ("Training file checked for prompts", _anything),
    "live-added": ("Pair asked on the live page", _comparisons),
    "pack-made": ("Rater pack made", lambda d: _with_pack(_items(d), d)),
    "pack-made-again": ("Rater pack made again", lambda d: _with_pack("", d)),
    "pack-page-made": ("Rater pack written as a page for a browser", lambda d: _with_pack("", d)),
    "pack-merged": ("Rater pack merged", _merged),
    "pack-marks-merged": ("Marks of a rater pack merged", _merged),
    "pack-taken-back": ("Merge of a rater pack taken back", _merged),
    "exported": ("Exported", lambda d: f"{counted(d.number('rows'), 'row')} as {d.text('format')}"),
    "unblinded": ("Unblinded", _reason),
    "rater-excluded": ("Rater left out of the results", _rater),
    "rater-included": ("Rater taken back into the results", _rater),
}


def _line(
    particulars: _Detail,
    entry: AuditEvent,
    live: frozenset[Json],
    tell_unknown: Callable[[_Detail], str],
) -> AuditLine:
    what, tell = _WORDS.get(entry.kind, (entry.kind.replace("-", " ").capitalize(), tell_unknown))
    if entry.kind == "run-started" and entry.detail.get("run") in live:
        what = "Models made ready for the live page"
    detail = tell(particulars)
    return AuditLine(entry.seq, datetime.fromisoformat(entry.at), what, detail, entry.digest)
