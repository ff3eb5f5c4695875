"""What the Results page says of what was learnt: differences between splits, leakage. Pure functions."""

from __future__ import annotations

from datetime import datetime

from ftcompare.app.results.contamination import KeptLeakage
from ftcompare.core.study import Split
from ftcompare.stats.differences import SplitDifference
from ftcompare.stats.summary import PairSummary
from ftcompare.ui.pages.results.words import Explanation, Figure, name, slice_name
from ftcompare.ui.safe_text import one_line

MINUTE = 60.0

_WELCH = "Welch 1947, Biometrika 34:28"


def learnt_figures(pair: PairSummary) -> tuple[Figure, ...]:
    """Trained less held-out and less paraphrase, as far as the splits have judgments."""
    return tuple(_difference_figure(pair, found) for found in pair.split_differences)


def learnt_words(pair: PairSummary) -> tuple[str, ...]:
    """What follows from each difference, in a sentence; where there is none, what it takes."""
    if not pair.split_differences:
        return (
            (
                "Label prompts as trained, paraphrase and held_out, and their win rates are compared here: a "
                "preference on trained prompts alone is learnt by heart, one on held-out prompts carries "
                "over."
            ),
        )
    return tuple(_difference_words(pair, found) for found in pair.split_differences)


def learnt_hidden() -> str:
    """Why nothing is said while the study is blinded."""
    return "Told after unblinding: before it, it would say which of the two was trained."


def _difference_figure(pair: PairSummary, found: SplitDifference) -> Figure:
    first, second = _split(found.first), _split(found.second)
    title = f"{first} less {second.lower()}"
    span = "no interval"
    if found.low is not None and found.high is not None:
        span = f"{points(found.low)} to {points(found.high)}"
    text = (
        f"The win rate of {name(pair.b)} on {_plainly(found.first)} prompts less that on "
        f"{_plainly(found.second)} prompts. Each prompt counts once, with the mean "
        "of its judgments. The interval is for prompts like these before these raters."
    )
    value = f"{points(found.difference)} points"
    source = _WELCH if found.low is not None else ""
    return Figure(title, value, span, Explanation(title, (text, found.explanation), found.method, source))


def _difference_words(pair: PairSummary, found: SplitDifference) -> str:
    first, second = _plainly(found.first), _plainly(found.second)
    if found.low is None or found.high is None:
        return f"Too few {first} or {second} prompts, or all alike: no difference can be told."
    if found.low <= 0 <= found.high:
        return f"Between {first} and {second} prompts no difference is beyond doubt."
    if found.high < 0:
        return f"{name(pair.b)} is preferred more on {second} than on {first} prompts."
    told = "{0} is preferred more on {1} than on {2} prompts: part of what it gained is bound to {3}."
    bound = "the very prompts" if found.second is Split.HELD_OUT else "their very wording"
    return told.format(name(pair.b), first, second, bound)


def points(share: float) -> str:
    """A difference of two shares in percentage points, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def _plainly(split: Split) -> str:
    """A split within a sentence."""
    return "held-out" if split is Split.HELD_OUT else _split(split).lower()


def _split(split: Split) -> str:
    return slice_name("split", split.value)


# --- leakage -------------------------------------------------------------------------------------


def leakage_purpose() -> str:
    """What a check is for."""
    return (
        "Give the file that the model was trained on. Every prompt is looked for in it, word for word and "
        "nearly so: a held-out prompt that stands there was not held out. Its texts are not kept; its name, "
        "its SHA-256 and the prompts' keys are."
    )


def leakage_status(kept: KeptLeakage) -> tuple[str, str]:
    """The kind of the pill, and its words."""
    if kept.leaked:
        return "caution", "Leaked"
    return ("good", "None leaked") if kept.held_out else ("neutral", "Nothing held out")


def leakage_words(kept: KeptLeakage) -> str:
    """What follows from a check."""
    if kept.warning:
        return kept.warning
    if not kept.held_out:
        return "The study has no held-out prompts that could have leaked."
    return f"None of the {kept.held_out:,} held-out prompts is in the training file."


def leakage_place(kept: KeptLeakage) -> str:
    """Which file was looked through, and when."""
    at = datetime.fromisoformat(kept.at).astimezone()
    return "{file}, looked through {day}".format(file=one_line(kept.file, 80), day=f"{at.day} {at:%b %Y}")


def leakage_explanation(kept: KeptLeakage | None) -> Explanation:
    """How duplicates are found, with what was found."""
    paragraphs = (
        (
            "Texts are compared as words: in lower case, without punctuation. A prompt has leaked if a "
            "training text is the same, contains it, or is nearly the same: a similarity of 0.9 or more (1 − "
            "insertions and deletions / length of both), after a look-up by rare pairs of words."
        ),
        (
            "Asked in other words or another language, a prompt is not found. What is told is of prompts and "
            "never of systems, so it may be looked at while the study is blinded."
        ),
    )
    told = () if kept is None else (_found_words(kept),)
    return Explanation(
        "Leakage",
        (*paragraphs, *told),
        "exact, contained and near duplicates (rapidfuzz)",
        "Chaudhuri, Ganti & Kaushik 2006",
    )


def _found_words(kept: KeptLeakage) -> str:
    told = "Here: {leaked} / {held_out} held-out prompts found; {missing} prompts labelled trained not found."
    return told.format(leaked=len(kept.leaked), held_out=kept.held_out, missing=len(kept.missing))


def progress_words(records: int, seconds_left: float | None) -> str:
    """How far a check is."""
    told = f"{records:,} examples read"
    if seconds_left is None:
        return told
    if seconds_left < MINUTE:
        return f"{told} · less than a minute left"
    return f"{told} · {f'about {seconds_left / MINUTE:.0f} min left'}"
