"""Prompts sent to a further round of judging: what it would do, and doing it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptId, RaterKind
from ftcompare.store.study.judging_rounds import SentPairs as SentPairs
from ftcompare.store.study.study_file import StudyFile

CHOSEN_BY_OUTCOME = (
    "Prompts that are chosen by how they were judged shift the win rate: choose them by what they are about."
)


@dataclass(frozen=True, slots=True)
class RoundOutlook:
    """What is asked before prompts are sent.

    Args:
        prompts: that were chosen; ``pairs`` of them.
        closed: why nothing can be sent, with the way out; None where it can.
        shared_out: among how many raters the pairs are shared out; 0 where each rater judges all, so that
            somebody must be named.
        each: judgments of a pair that are planned; 0 where each rater judges all.
        raters: people of the study by name.
    """

    prompts: int
    pairs: int
    closed: UserError | None
    shared_out: int
    each: int
    raters: tuple[str, ...]

    @property
    def told(self) -> str:
        """What happens, for a confirmation."""
        pairs = f"{counted(self.pairs, 'pair')} of {counted(self.prompts, 'prompt')}"
        if self.shared_out:
            who = (
                f"{pairs} go to raters who do not have them yet, those with the fewest pairs first, "
                "as they go on rating."
            )
        else:
            who = f"Each rater named here gets what they lack of {pairs}, ahead of their other pairs."
        return (
            f"{who} The judgments count with all others. It is noted in the audit log and cannot be undone. "
            f"{CHOSEN_BY_OUTCOME}"
        )


def round_outlook(study: StudyFile, prompts: Collection[PromptId]) -> RoundOutlook:
    """What sending these prompts would do."""
    design, live_only = study.settings.design(), study.raters.live_only()
    people = (one for one in study.raters.all() if one.kind is RaterKind.HUMAN and one.id not in live_only)
    return RoundOutlook(
        prompts=len(set(prompts)),
        pairs=len(study.rounds.pairs(prompts)),
        closed=study.rounds.closed,
        shared_out=design.raters if design.shares_out else 0,
        each=design.each,
        raters=tuple(one.name for one in people),
    )


def send_to_judging(
    study: StudyFile,
    prompts: Collection[PromptId],
    raters: Sequence[str] = (),
    *,
    further: int = 1,
    rng: Random,
    now: datetime,
) -> SentPairs:
    """Hand the pairs of prompts out once more. It cannot be undone.

    Args:
        study: that is still blinded.
        prompts: whose pairs.
        raters: by name, who judge them; one who is new is added. Without names, raters who do not have them.
        further: without names, judgments of each pair, 1 or more.
        rng: order, sides and who gets what.
        now: the time.

    Raises:
        UserError: ``rating-closed``; ``no-pairs``; ``nothing-to-send``; ``name-raters``; ``no-rater-left``;
            ``raters-complete``; ``no-rater-name``.
    """
    if not raters:
        return study.rounds.to_anyone(prompts, further, rng=rng, now=now)
    with study.atomic():  # who is refused leaves no name behind
        named = [study.raters.add(name).id for name in dict.fromkeys(raters)]
        return study.rounds.to_raters(prompts, list(dict.fromkeys(named)), rng=rng, now=now)


def sent_words(sent: SentPairs) -> str:
    """What was done."""
    told = f"{counted(sent.judgments, 'further judgment')} of {counted(sent.pairs, 'pair')} asked for."
    if sent.complete:
        told += f" {counted(sent.complete, 'pair')} {'is' if sent.complete == 1 else 'are'} with every rater."
    return told
