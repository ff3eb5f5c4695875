"""What the Results page says of what was learnt: differences between splits, leakage. Pure functions."""

from __future__ import annotations

from datetime import datetime

from ftcompare.app.results.leakage import KeptLeakage
from ftcompare.app.results.presentation.blocks import Figure as BlockFigure
from ftcompare.core.study import Split
from ftcompare.stats.differences import SplitDifference
from ftcompare.stats.summary import PairSummary
from ftcompare.ui.pages.results.words import Explanation, Figure, name, slice_name, words
from ftcompare.ui.safe_text import one_line

MINUTE = 60.0

_WELCH = "Welch 1947, Biometrika 34:28"


def learnt_figures(pair: PairSummary) -> tuple[BlockFigure, ...]:
    """Trained less held-out and less paraphrase, as far as the splits have judgments."""
    return tuple(_difference_figure(pair, found) for found in pair.split_differences)


def learnt_words(pair: PairSummary) -> tuple[str, ...]:
    """What follows from each difference, in a sentence; where there is none, what it takes."""
    if not pair.split_differences:
        return (
            words(
                "Label prompts as trained, paraphrase and held_out, and their win rates are compared here: a "
                "preference on trained prompts alone is learnt by heart, one on held-out prompts carries "
                "over."
            ),
        )
    return tuple(_difference_words(pair, found) for found in pair.split_differences)


def learnt_hidden() -> str:
    """Why nothing is said while the study is blinded."""
    return words("Told after unblinding: before it, it would say which of the two was trained.")


def _difference_figure(pair: PairSummary, found: SplitDifference) -> BlockFigure:
    first, second = _split(found.first), _split(found.second)
    title = words("{} less {}").format(first, second.lower())
    span = words("no interval")
    if found.low is not None and found.high is not None:
        span = words("{} to {}").format(points(found.low), points(found.high))
    text = words(
        "The win rate of {0} on {1} prompts less that on {2} prompts. Each prompt counts once, with the mean "
        "of its judgments. The interval is for prompts like these before these raters."
    ).format(name(pair.b), _plainly(found.first), _plainly(found.second))
    value = words("{} points").format(points(found.difference))
    source = _WELCH if found.low is not None else ""
    return Figure(title, value, span, Explanation(title, (text, found.explanation), found.method, source))


def _difference_words(pair: PairSummary, found: SplitDifference) -> str:
    first, second = _plainly(found.first), _plainly(found.second)
    if found.low is None or found.high is None:
        return words("Too few {0} or {1} prompts, or all alike: no difference can be told.").format(
            first, second
        )
    if found.low <= 0 <= found.high:
        return words("Between {0} and {1} prompts no difference is beyond doubt.").format(first, second)
    if found.high < 0:
        return words("{0} is preferred more on {2} than on {1} prompts.").format(name(pair.b), first, second)
    told = words("{0} is preferred more on {1} than on {2} prompts: part of what it gained is bound to {3}.")
    bound = words("the very prompts") if found.second is Split.HELD_OUT else words("their very wording")
    return told.format(name(pair.b), first, second, bound)


def points(share: float) -> str:
    """A difference of two shares in percentage points, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def _plainly(split: Split) -> str:
    """A split within a sentence."""
    return words("held-out") if split is Split.HELD_OUT else _split(split).lower()


def _split(split: Split) -> str:
    return slice_name("split", split.value)


# --- leakage -------------------------------------------------------------------------------------


def leakage_purpose() -> str:
    """What a check is for."""
    return words(
        "Give the file that the model was trained on. Every prompt is looked for in it, word for word and "
        "nearly so: a held-out prompt that stands there was not held out. Its texts are not kept; its name, "
        "its SHA-256 and the prompts' keys are."
    )


def leakage_status(kept: KeptLeakage) -> tuple[str, str]:
    """The kind of the pill, and its words."""
    if kept.leaked:
        return "caution", words("Leaked")
    return ("good", words("None leaked")) if kept.held_out else ("neutral", words("Nothing held out"))


def leakage_words(kept: KeptLeakage) -> str:
    """What follows from a check."""
    if kept.warning:
        return kept.warning
    if not kept.held_out:
        return words("The study has no held-out prompts that could have leaked.")
    return words("None of the {:,} held-out prompts is in the training file.").format(kept.held_out)


def leakage_place(kept: KeptLeakage) -> str:
    """Which file was looked through, and when."""
    at = datetime.fromisoformat(kept.at).astimezone()
    return words("{file}, looked through {day}").format(
        file=one_line(kept.file, 80), day=f"{at.day} {at:%b %Y}"
    )


def leakage_explanation(kept: KeptLeakage | None) -> Explanation:
    """How duplicates are found, with what was found."""
    paragraphs = (
        words(
            "Texts are compared as words: in lower case, without punctuation. A prompt has leaked if a "
            "training text is the same, contains it, or is nearly the same: a similarity of 0.9 or more (1 − "
            "insertions and deletions / length of both), after a look-up by rare pairs of words."
        ),
        words(
            "Asked in other words or another language, a prompt is not found. What is told is of prompts and "
            "never of systems, so it may be looked at while the study is blinded."
        ),
    )
    told = () if kept is None else (_found_words(kept),)
    return Explanation(
        words("Leakage"),
        (*paragraphs, *told),
        words("exact, contained and near duplicates (rapidfuzz)"),
        "Chaudhuri, Ganti & Kaushik 2006",
    )


def _found_words(kept: KeptLeakage) -> str:
    told = words(
        "Here: {leaked} / {held_out} held-out prompts found; {missing} prompts labelled trained not found."
    )
    return told.format(leaked=len(kept.leaked), held_out=kept.held_out, missing=len(kept.missing))


def progress_words(records: int, seconds_left: float | None) -> str:
    """How far a check is."""
    told = words("{:,} examples read").format(records)
    if seconds_left is None:
        return told
    if seconds_left < MINUTE:
        return f"{told} · {words('less than a minute left')}"
    return f"{told} · {words('about {:.0f} min left').format(seconds_left / MINUTE)}"
