"""The pairs of systems whose figures a user asks for by name."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.errors import UserError
from ftcompare.stats.summary import AskedPairs as AskedPairs
from ftcompare.store.study.study_file import StudyFile

MOST_LISTED = 20
"""Names of systems in a message."""


def asked_pairs(study: StudyFile, named: Sequence[tuple[str, str]]) -> AskedPairs | None:
    """The pairs of the systems named, by the names that may be told now; None where none is named.

    Raises:
        UserError: ``no-such-system``: the study has none of that name; ``same-system``: a system was paired
            with itself; ``pair-not-judged``: the two were never judged against each other.
    """
    if not named:
        return None
    known = sorted(system_names(study).values())
    for pair in named:
        _require_two(study, pair, known)
    asked = {frozenset(pair) for pair in named}
    unjudged = asked - judged_pairs(study)
    for a, b in named:
        if frozenset((a, b)) in unjudged:
            raise UserError(
                f"{a!r} and {b!r} were not judged against each other.",
                where=study.path.name,
                how="`ftcompare results STUDY --json` lists the pairs that were.",
                code="pair-not-judged",
            )
    return asked


def judged_pairs(study: StudyFile) -> set[frozenset[str]]:
    """The pairs of systems with a standing judgment of an ordinary comparison."""
    names = system_names(study)
    met = {(row.pair.a, row.pair.b) for row in study.judgments.votes()}
    return {frozenset((names[a], names[b])) for a, b in met}


def _require_two(study: StudyFile, pair: tuple[str, str], known: Sequence[str]) -> None:
    for name in pair:
        if name not in known:
            raise UserError(
                f"There is no system {name!r}.",
                where=study.path.name,
                how=f"Its systems are: {_listed(known)}.",
                code="no-such-system",
            )
    if len(set(pair)) == 1:
        raise UserError(
            f"The pair is of {pair[0]!r} twice.",
            where=study.path.name,
            how="Name two systems.",
            code="same-system",
        )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")
