"""Sentences on a comparison with judgments of the study before: their share, their time, what they assume."""

from __future__ import annotations

from datetime import datetime

from ftcompare.app.results.presentation.number_format import rate_words, share_words
from ftcompare.core.language import sentences, short_date, tr
from ftcompare.stats.summary import PairSummary


def inherited_lines(pair: PairSummary) -> tuple[str, str]:
    """The win rate without a claim, and why there is none."""
    verdict = tr("Win rate of {system} against {other}: {rate}.", pair.b, pair.a, rate_words(pair.main_rate))
    return verdict, sentences(tr("FTCompare claims no preference."), inherited_sentence(pair))


def inherited_sentence(pair: PairSummary) -> str:
    """How many prompts have inherited judgments, from when, and what that assumes; empty without any."""
    found = pair.inherited
    if found is None:
        return ""
    days = [short_date(datetime.fromisoformat(at).astimezone()) for at in (found.since, found.until) if at]
    return sentences(
        tr(
            "{inherited} of {prompts} prompts ({share}) have judgments of the study before{when}.",
            inherited=found.prompts,
            prompts=pair.prompts,
            share=share_words(found.share),
            when=tr(", made from {first} to {last}", first=days[0], last=days[-1]) if days else "",
        ),
        tr("This assumes that raters judge as they did then."),
    )
