"""Whether systems behind a server are those that wrote before: by what they answer to fixed prompts.

Faults call systems by the owner's names, as the proof does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from ftcompare.core.run_record import RunRecord, read_runs
from ftcompare.engine import protocol
from ftcompare.engine.served_fingerprint import Answers, Change, changes
from ftcompare.store.study.study_file import StudyFile

CHANGED = "system-changed"
"""Code of the fault of a run whose systems are not those of the study."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a system answered to the fixed prompts when it last wrote.

    Args:
        at: ISO 8601 in UTC.
    """

    at: str
    answers: Answers


def served_change(study: StudyFile, proved: protocol.Verified) -> protocol.Fault | None:
    """The end of a run whose served systems answer otherwise than when they wrote; None where they do not."""
    written = {str(system) for system, number in study.counts().responses.items() if number}
    before = known_answers(read_runs(study.runs.all()))
    now = {proof.key: proof.answers for proof in proved.systems if proof.answers}
    found = changes({key: known.answers for key, known in before.items()}, now)
    told = [change for change in found if change.key in written]
    if not told:
        return None
    names = {str(system.id): system.name for system in study.systems.all()}
    return protocol.Fault(
        code=CHANGED,
        what=" ".join(_sentences(told, before, names)),
        where="",
        how="Serve the models that wrote the study's responses under their names again, or make a new study: "
        "one name must stand for one system.",
        fatal=False,
        kind="user",
    )


def known_answers(runs: Iterable[RunRecord]) -> dict[str, Known]:
    """By key of the system, of the newest run that kept some."""
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
    told = f"The server now answers otherwise for {name} than on {date}"
    if not isfinite(change.apart):
        return f"{told}: to a fixed prompt it gives another text."
    apart = f"{change.apart:.2g} apart (bound {change.bound:.2g})"
    return f"{told}: log-probabilities for fixed prompts are {apart}."


def _date(known: Known) -> str:
    return known.at[:10]
