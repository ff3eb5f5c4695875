"""From stored judgments to numbers, under the names that may be shown now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ftcompare.app.generation import system_names
from ftcompare.core.hashing import Json
from ftcompare.core.study import JudgedRow, Study, SystemId, Vote
from ftcompare.stats.summary import PairSummary, Summary, as_json, summarise
from ftcompare.store.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class Results:
    """The numbers of a study.

    Args:
        prompts: prompts in the study, judged or not.
        pairs: comparisons that could be judged.
    """

    study: Study
    prompts: int
    pairs: int
    summary: Summary

    @property
    def headline(self) -> str:
        """One sentence for everyone."""
        main = main_pair(self.summary)
        return headline(main) if main else "No judgments yet."


def results(study: StudyFile) -> Results:
    """Summarise what stands now."""
    counts = study.counts()
    return Results(
        study=study.study(),
        prompts=counts.prompts,
        pairs=counts.pairs_written,
        summary=summarise(votes(study)),
    )


def results_json(study: StudyFile) -> dict[str, Json]:
    """``results --json`` as documented for the command line."""
    found = results(study)
    return as_json(found.summary, title=found.study.title, prompts=found.prompts)


def votes(study: StudyFile) -> Iterable[Vote]:
    """The standing judgments as votes. While blinded, names and their order are neutral."""
    names = system_names(study)
    blinded = study.study().blinded
    for row in study.judged_rows():
        vote = vote_of(row, names)
        yield _in_neutral_order(vote) if blinded else vote


def vote_of(row: JudgedRow, names: Mapping[SystemId, str]) -> Vote:
    """A judgment turned from responses to systems."""
    a, b = row.comparison.a, row.comparison.b
    return Vote(
        prompt=str(row.prompt.id),
        rater=row.rater.name,
        a=names[a.system],
        b=names[b.system],
        choice=row.choice,
        preference=row.preference,
        left=row.left,
        strength=row.strength,
        category=row.prompt.spec.category,
        split=row.prompt.spec.split,
        rater_kind=row.rater.kind,
        length_a=len(a.text),
        length_b=len(b.text),
    )


_FLIPPED = {"a": "b", "b": "a"}


def _in_neutral_order(vote: Vote) -> Vote:
    """The base is always added first: by stored order, System X would be the base every time."""
    if vote.a <= vote.b:
        return vote
    return Vote(
        prompt=vote.prompt,
        rater=vote.rater,
        a=vote.b,
        b=vote.a,
        choice=_FLIPPED.get(vote.choice, vote.choice),
        preference=1 - vote.preference,
        left=_FLIPPED.get(vote.left, vote.left),
        strength=vote.strength,
        category=vote.category,
        split=vote.split,
        rater_kind=vote.rater_kind,
        length_a=vote.length_b,
        length_b=vote.length_a,
    )


def main_pair(summary: Summary) -> PairSummary | None:
    """The comparison that the page opens with: the first one of human raters, else the first."""
    human = [c for c in summary.comparisons if c.rater_kind == "human"]
    return next(iter(human or summary.comparisons), None)


def headline(pair: PairSummary) -> str:
    """What the interval allows to be said, and no more."""
    rate = pair.win_rate_over_raters or pair.win_rate
    if rate is None or rate.value is None:
        return "No judgments yet."
    share = f"Raters preferred {pair.b} over {pair.a} in {rate.value:.0%} of prompts."
    if rate.low is None or rate.high is None:
        return f"{share} That is too little to say more."
    if rate.low > 0.5:
        return f"{share} That is enough to call it better."
    if rate.high < 0.5:
        return f"{share} That is enough to call {pair.a} better."
    return f"{share} That is not enough to call either better."
