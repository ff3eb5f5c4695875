"""What the Checkpoints tab says of a ledger: its sentence, its cells, how they come about. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.app.release.checkpoint_history import Ledger, LedgerRow, LedgerStep, distinct_names
from ftcompare.app.release.history_sources import OtherStudy
from ftcompare.core.study import RaterKind
from ftcompare.stats.checkpoint_differences import Difference
from ftcompare.stats.win_rate import OVER_PROMPTS
from ftcompare.ui.pages.results.words import Explanation, counted, percent, range_words
from ftcompare.ui.text.short_names import short_name

_SOURCE = "Cameron, Gelbach & Miller 2011, Journal of Business & Economic Statistics 29:238"


def first_kind(found: Ledger) -> tuple[LedgerRow, ...]:
    """The rows that the sentence is about: people's, or where nobody judged, those of programs."""
    return tuple(row for row in found.rows if row.rater_kind is found.rows[0].rater_kind)


def headline(found: Ledger) -> str:
    """One sentence: how the last checkpoint stands to the one before, or the only one to its base."""
    rows = first_kind(found)
    if not rows:
        return "No checkpoint was judged against the base yet"
    if len(rows) == 1:
        return _single(rows[0])
    step = next(step for step in found.steps if step.after == len(rows) - 1)
    before, after = (short_name(name) for name in distinct_names(rows)[-2:])
    return _step_sentence(step, before, after)


def _single(row: LedgerRow) -> str:
    rate = row.rate
    told = f"{short_name(row.system)} won {percent(rate.value)} against {short_name(row.base)}"
    if rate.low is None:
        return f"{told}."
    return f"{told} ({percent(rate.level)} interval {range_words(rate.low, rate.high)})."


def _step_sentence(step: LedgerStep, before: str, after: str) -> str:
    found = step.difference
    if found is None:
        return f"{after} cannot be held against {before}: {reason_words(step.reason)}."
    told = {
        "better": "{after} fares better than {before}: {points}.",
        "worse": "{after} fares worse than {before}: {points}.",
        "open": "No difference can be told between {before} and {after}: {points}.",
    }[_verdict(found)]
    return told.format(after=after, before=before, points=_points(found))


def _points(found: Difference) -> str:
    value = f"{signed(100 * found.value)} points"
    if found.low is None or found.high is None:
        return f"{value}, without an interval"
    return f"{value} ({percent(found.level)} interval {span(found)})"


def _verdict(found: Difference) -> str:
    if found.low is None or found.high is None:
        return "open"
    return "better" if found.low > 0 else "worse" if found.high < 0 else "open"


def detail(found: Ledger) -> str:
    """What the sentence rests on, or what is still missing."""
    rows = first_kind(found)
    if not rows:
        return (
            "Here you will see the win rate of each checkpoint against its base, with its interval, and "
            "whether each fares better than the one before."
        )
    if len(rows) == 1:
        return (
            "One checkpoint is one point. Judge several in one study, or add another study of the same "
            "base, and you will see here whether training went on to help."
        )
    step = next(step for step in found.steps if step.after == len(rows) - 1)
    if step.difference is None:
        return "A difference needs the same base, and prompts that both were judged on."
    shared = counted(step.difference.prompts, "shared prompt", "shared prompts")
    scope = (
        "for these raters" if step.difference.generalises_over == OVER_PROMPTS else "for raters like these"
    )
    return f"On {shared}, {scope}; the last two of {len(rows)} checkpoints."


# --- cells ---------------------------------------------------------------------------------------


def signed(points: float) -> str:
    """A difference in points, with its sign."""
    return f"{points:+.1f}".replace("-", "−")


def span(found: Difference | None) -> str:
    """An interval of differences in points; empty where there is none."""
    if found is None or found.low is None or found.high is None:
        return ""
    return f"{signed(100 * found.low)} to {signed(100 * found.high)}"


def reason_words(reason: str) -> str:
    """Why there is no difference; one that names files stays as it is."""
    told = {
        "their bases differ": "their bases differ",
        "they share no prompt": "they share no prompt",
    }
    return told.get(reason, reason)


def change_words(step: LedgerStep | None) -> str:
    """What a step means, in a word or two; empty for the first checkpoint."""
    if step is None:
        return ""
    found = step.difference
    if found is None:
        return reason_words(step.reason)
    return {"better": "better", "worse": "worse", "open": "unclear"}[_verdict(found)]


def source_words(other: OtherStudy, base: str) -> str:
    """What an added study gives to the ledger, or why nothing."""
    if other.problem is not None:
        return f"Left out. {other.problem.what} {other.problem.how}".strip()
    if other.entries is None or other.entries.withheld:
        return "Left out: it is still blinded."
    count = len({row.system for row in other.entries.rows})
    if not count:
        against = short_name(base) if base else "its base"
        return f"No checkpoint was judged against {against} there yet."
    return counted(count, "checkpoint", "checkpoints")


# --- how it is computed --------------------------------------------------------------------------


def row_explanation(row: LedgerRow, step: LedgerStep | None, before: str) -> Explanation:
    """How the figures of one line come about.

    Args:
        row: the line.
        step: from the line before; None for the first.
        before: name of the checkpoint before.
    """
    kind = "Automatic raters." if row.rater_kind is RaterKind.AUTOMATIC else ""
    told = [
        f"{row.system} against {row.base}, in {row.study} ({row.file}). {kind}",
        f"For these raters: {row.win_rate.explanation}",
    ]
    if row.win_rate_over_raters is not None:
        told.append(f"For raters like these: {row.win_rate_over_raters.explanation}")
    methods = [(row.win_rate_over_raters or row.win_rate).method]
    if step is not None:
        told += _step_paragraphs(step, before)
        methods += [step.difference.method] if step.difference else []
    title = f"Win rate of {short_name(row.system)}"
    return Explanation(title, tuple(told), "; ".join(dict.fromkeys(methods)), _SOURCE)


def _step_paragraphs(step: LedgerStep, before: str) -> list[str]:
    if step.difference is None:
        why = reason_words(step.reason)
        return [f"Against {before} there is no difference to tell: {why}."]
    found = [each for each in (step.over_prompts, step.over_raters) if each is not None]
    return [f"Against {before}: {each.explanation}" for each in found]


def ledger_explanation(found: Ledger) -> Explanation:
    """How the chart and the table come about."""
    paragraphs: Sequence[str] = (
        (
            "Each point is the share of judgments that prefer a checkpoint to the base; a tie, and both bad, "
            "is half. Its interval speaks for raters like these where there are several, else for these "
            "raters on prompts like these."
        ),
        (
            "A checkpoint is held against the one before it on the prompts that both were judged on, prompt "
            "by prompt: that is sharper than to look whether two intervals overlap. Only the same base makes "
            "two win rates one scale; whether it is the same is told by the weights that the engine loaded, "
            "else by the folder's name."
        ),
        "“Better” and “worse” say that the interval of the difference leaves out 0.",
        *found.notes,
    )
    method = "t over prompts, Wilson, or two-way cluster t; paired for the differences"
    return Explanation("Checkpoints", tuple(paragraphs), method, _SOURCE)
