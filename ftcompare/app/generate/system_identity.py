"""Check that systems are those of earlier runs, by file digests or by answers to fixed prompts.

Errors use the owner's names of the systems, as the verification does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from ftcompare.core.run_record import RunRecord, SystemReport, read_runs
from ftcompare.engine import protocol
from ftcompare.engine.served_fingerprint import Answers, Change, changes
from ftcompare.store.study.study_file import StudyFile

CHANGED = "system-changed"  # code of the error when systems are not those of the study
OTHER_MODEL = "other-model-replied"
"""Kind of the audit log's entry on a reply that names another model than the requested one."""
_DIGESTS = ("digest", "tokenizer_digest", "template_digest", "end_tokens_digest", "recipe_digest")
"""The fields of `SystemReport` that identify a system."""


def refused_run(code: str, what: str, how: str) -> protocol.Fault:
    """The error that ends a run for a reason that the owner can correct."""
    return protocol.Fault(code, what, where="", how=how, fatal=False, kind="user")


# --- files on this machine -------------------------------------------------------------------------


def changed_systems(study: StudyFile, loaded: protocol.Loaded) -> tuple[str, ...]:
    """Keys of the systems whose files differ from those of the study's earlier responses.

    Another tokenizer or chat template would change the prompts as well.
    """
    written = {str(system): number for system, number in study.counts().responses.items()}
    before = _digests_before(study)
    return tuple(
        report.key
        for report in loaded.systems
        if written.get(report.key)
        and any(before.get((report.key, name), found) != found for name, found in _digests(report))
    )


def _digests_before(study: StudyFile) -> dict[tuple[str, str], str]:
    """The digests of each system's newest run, by system key and digest name; served models have none."""
    reports = (report for run in read_runs(study.runs.all()) for report in run.systems)
    return {(report.key, name): digest for report in reports for name, digest in _digests(report)}


def _digests(report: SystemReport) -> list[tuple[str, str]]:
    named = ((name, getattr(report, name)) for name in _DIGESTS)
    return [(name, digest) for name, digest in named if digest]


def twins_note(study: StudyFile, loaded: protocol.Loaded) -> tuple[str, ...]:
    """A note if a loaded system has the same files as another system of the study.

    The note names no system: raters can see which answers are alike, so names would unblind them.
    """
    digests = {key: digest for (key, name), digest in _digests_before(study).items() if name == "digest"}
    digests |= {report.key: report.digest for report in loaded.systems if report.digest}
    places = [
        (
            digests[str(s.id)],
            s.spec.quantisation,
            s.spec.template,
            s.spec.recipe.digest,
            s.spec.model if s.spec.adapter else "",
        )
        for s in study.systems.all()
        if str(s.id) in digests
    ]
    loaded_now = {report.digest for report in loaded.systems}
    if any(places.count(place) > 1 and place[0] in loaded_now for place in places):
        return ("Two of the systems have the same files: what differs between their answers is chance.",)
    return ()


def system_changed(names: Iterable[str]) -> protocol.Fault:
    """The error for a run whose systems are not those of the study; ``names`` are the owner's names."""
    what = (
        f"The files of {', '.join(names)} are not those that wrote the responses which the study has of it."
    )
    return refused_run(
        CHANGED, what, "Put the files back, or make a new study: one name must stand for one system."
    )


# --- behind a server -------------------------------------------------------------------------------


def record_other_model(study: StudyFile, event: protocol.OtherModel, *, now: datetime) -> str:
    """Add to the audit log that a reply came from another model than requested; returns a note about it."""
    study.audit.append(OTHER_MODEL, {"requested": event.requested, "reported": event.reported}, now=now)
    return (
        f"The server was asked for the model “{event.requested}” and names “{event.reported}” in its reply. "
        "Check its routing and its model names: the answers may come from another model."
    )


@dataclass(frozen=True, slots=True)
class Known:
    """A system's answers to the fixed prompts in the last run in which it generated."""

    at: str  # time of the answers, ISO 8601 UTC
    answers: Answers


def served_change(study: StudyFile, proved: protocol.Verified) -> protocol.Fault | None:
    """The error if a served system answers differently than in its last run; None if all answer equally."""
    written = {str(system) for system, number in study.counts().responses.items() if number}
    before = known_answers(read_runs(study.runs.all()))
    now = {proof.key: proof.answers for proof in proved.systems if proof.answers}
    found = changes({key: known.answers for key, known in before.items()}, now)
    visible = [change for change in found if change.key in written]
    if not visible:
        return None
    names = {str(system.id): system.name for system in study.systems.all()}
    how = (
        "Serve the models that wrote the study's responses under their names again, or make a new study: one "
        "name must stand for one system."
    )
    return refused_run(CHANGED, " ".join(_sentences(visible, before, names)), how)


def known_answers(runs: Iterable[RunRecord]) -> dict[str, Known]:
    """For each system key, the answers of the newest run that stored any."""
    return {one.key: Known(run.at, one.answers) for run in runs for one in run.verifications if one.answers}


def _sentences(
    found: Sequence[Change], before: Mapping[str, Known], names: Mapping[str, str]
) -> Iterator[str]:
    like = {change.key: change.like for change in found}
    for change in found:
        name, other, date = names[change.key], names.get(change.like, ""), _date(before[change.key])
        if not other:
            yield _otherwise(change, name, date)
        elif like.get(change.like) != change.key:
            yield f"The server now answers for {name} as it did for {other} on {_date(before[change.like])}."
        elif change.key < change.like:
            yield (
                f"The names of {name} and {other} are swapped on the server: each now answers as the other "
                f"did on {date}."
            )


def _otherwise(change: Change, name: str, date: str) -> str:
    statement = f"The server now answers otherwise for {name} than on {date}"
    if not isfinite(change.apart):
        return f"{statement}: to a fixed prompt it gives another text."
    apart = f"{change.apart:.2g} apart (bound {change.bound:.2g})"
    return f"{statement}: log-probabilities for fixed prompts are {apart}."


def _date(known: Known) -> str:
    return known.at[:10]
