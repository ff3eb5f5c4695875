"""Whether systems are those that wrote before, by their digests, and whether two are the same."""

from __future__ import annotations

from collections.abc import Iterable

from ftcompare.app.generate.served_identity import CHANGED
from ftcompare.core.run_record import SystemReport, read_runs
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile

_DIGESTS = ("digest", "tokenizer_digest", "template_digest", "end_tokens_digest")
"""Of `SystemReport`: what a system is."""


def changed_systems(study: StudyFile, loaded: protocol.Loaded) -> tuple[str, ...]:
    """Keys of the systems whose files are not those that wrote this study's earlier responses.

    With another tokenizer or chat template they would answer other prompts.
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
    """By system key and name of the digest, those of its newest run; served models have none."""
    reports = (report for run in read_runs(study.runs.all()) for report in run.systems)
    return {(report.key, name): digest for report in reports for name, digest in _digests(report)}


def _digests(report: SystemReport) -> list[tuple[str, str]]:
    """By name, those that are known."""
    named = ((name, getattr(report, name)) for name in _DIGESTS)
    return [(name, digest) for name, digest in named if digest]


def twins_note(study: StudyFile, loaded: protocol.Loaded) -> tuple[str, ...]:
    """A note where one that was loaded has the files of another system of the study.

    It names none: who answers alike is seen in the answers, and must not be told by name.
    """
    digests = {key: digest for (key, name), digest in _digests_before(study).items() if name == "digest"}
    digests |= {report.key: report.digest for report in loaded.systems if report.digest}
    places = [
        (digests[str(s.id)], s.spec.quantisation, s.spec.template, s.spec.model if s.spec.adapter else "")
        for s in study.systems.all()
        if str(s.id) in digests
    ]
    loaded_now = {report.digest for report in loaded.systems}
    if any(places.count(place) > 1 and place[0] in loaded_now for place in places):
        return ("Two of the systems have the same files: what differs between their answers is chance.",)
    return ()


def system_changed(names: Iterable[str]) -> protocol.Fault:
    """The end of a run whose systems are not those of the study; takes the owner's names of them."""
    told = ", ".join(names)
    return protocol.Fault(
        code=CHANGED,
        what=f"The files of {told} are not those that wrote the responses which the study has of it.",
        where="",
        how="Put the files back, or make a new study: one name must stand for one system.",
        fatal=False,
        kind="user",
    )
