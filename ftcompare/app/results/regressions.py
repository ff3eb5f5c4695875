"""Losses and gains of fine-tuning: the prompts that one system won by a wide margin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ftcompare.app.results.study_results import votes
from ftcompare.core.disclosure import Subject
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.slices import CLEAR as CLEAR
from ftcompare.stats.slices import chance_of_share, clear_wins, number_by_chance
from ftcompare.stats.win_rate import SAME, wilson
from ftcompare.store.study.study_file import StudyFile

SPLITS = (Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)


@dataclass(frozen=True, slots=True)
class JudgedPrompt:
    """The judgments of one kind of raters for a pair of systems on one prompt."""

    key: str  # the owner's id for the prompt
    text: str  # the prompt's last user turn
    category: str
    split: Split
    tags: tuple[str, ...]
    preference: float  # mean share of the votes for b, 0 to 1
    raters: int  # number of raters; ``judgments`` is the number of their judgments
    judgments: int
    leans: tuple[float, ...] = ()  # of each judgment, as in `chance_of_share`


@dataclass(frozen=True, slots=True)
class Clarity:
    """The rule for when a prompt counts as won by a wide margin."""

    at_least: float = CLEAR  # minimum mean share of the votes for the winner; more than 1/2, at most 1
    raters: int = 1  # minimum number of raters; prompts with fewer are left out


@dataclass(frozen=True, slots=True)
class ClearShare:
    """The share of prompts that one system won by a wide margin."""

    name: str  # the category or split as stored; empty for prompts without one
    prompts: int  # number of prompts with enough raters; at least 1
    clear: int  # number of these that were won by a wide margin
    # lower end of the 95% Wilson interval of ``clear / prompts``; each prompt counts once. ``high`` is the
    # upper end.
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.clear / self.prompts


@dataclass(frozen=True, slots=True)
class ClearPrompts:
    """The prompts that one system won by a wide margin."""

    gained: bool  # whether b is the winner; otherwise a is
    clarity: Clarity  # the rule that was applied
    whole: ClearShare | None  # share over all prompts; None where no prompt has enough raters
    categories: tuple[ClearShare, ...]  # share in each category with judged prompts, largest first
    splits: tuple[ClearShare, ...]  # share in each split, in fixed order; empty where no prompt has a split
    # the prompts won so, in the order of ``categories``, then the clearest first
    prompts: tuple[JudgedPrompt, ...]
    other_way: int  # number of prompts that the other system won by as wide a margin
    passed_over: int  # number of prompts with too few raters
    one_rater: int  # number of counted prompts with a single rater
    # number of prompts to expect if a coin decided the side of each vote, and the probabilities that it gives
    # at most, and at least, as many as were won
    by_chance: float = 0.0
    at_most: float = 1.0
    at_least: float = 1.0

    def share(self, prompt: JudgedPrompt) -> float:
        return _share(prompt, gained=self.gained)


def judged_prompts(study: StudyFile, a: str, b: str, kind: RaterKind) -> tuple[JudgedPrompt, ...]:
    """Every prompt on which raters of a kind judged a pair, grouped by category.

    ``a`` is the name of the system that was added first, ``b`` of the other.

    Raises:
        UserError: ``still-blinded``, because single prompts and their winners could reveal the systems.
    """
    study.settings.read().disclosure.require(Subject.PROMPT_WINNERS, where=study.path.name)
    specs = {str(prompt.id): prompt.spec for prompt in study.prompts.all()}
    # with 0 as the limit, every prompt is included
    found = clear_wins(votes(study), b, a, at_least=0.0, kind=kind)
    return tuple(
        JudgedPrompt(
            key=specs[win.prompt].key,
            text=specs[win.prompt].text,
            category=part.category,
            split=specs[win.prompt].split,
            tags=specs[win.prompt].tags,
            preference=win.preference,
            raters=win.raters,
            judgments=win.judgments,
            leans=win.leans,
        )
        for part in found
        for win in part.wins
    )


def usual_clarity(judged: Iterable[JudgedPrompt]) -> Clarity:
    """The default rule: three quarters of the votes, and two raters where most prompts have two or more."""
    counts = [prompt.raters for prompt in judged]
    several = sum(1 for count in counts if count > 1)
    return Clarity(raters=2 if 2 * several > len(counts) else 1)


def clear_prompts(judged: Iterable[JudgedPrompt], clarity: Clarity, *, gained: bool = False) -> ClearPrompts:
    """Select the prompts that one system won by a wide margin, by category and split.

    With ``gained``, the wins of b (gains of fine-tuning); else those of a (its losses).
    """
    every = tuple(judged)
    counted = [prompt for prompt in every if prompt.raters >= clarity.raters]
    won = [prompt for prompt in counted if _clear(prompt, clarity, gained=gained)]
    chances = [chance_of_share(prompt.leans, clarity.at_least) for prompt in counted]
    at_most, at_least = number_by_chance(chances, len(won))
    categories = _shares(counted, won, lambda prompt: prompt.category)
    categories.sort(key=lambda part: (-part.value, -part.clear, part.name))
    place = {part.name: number for number, part in enumerate(categories)}
    splits = {part.name: part for part in _shares(counted, won, lambda prompt: prompt.split.value)}
    return ClearPrompts(
        gained=gained,
        clarity=clarity,
        whole=_part("", len(counted), len(won)) if counted else None,
        categories=tuple(categories),
        splits=tuple(splits[split.value] for split in SPLITS if split.value in splits),
        prompts=tuple(
            sorted(won, key=lambda p: (place[p.category], -_share(p, gained=gained), -p.raters, p.key))
        ),
        other_way=sum(1 for prompt in counted if _clear(prompt, clarity, gained=not gained)),
        passed_over=len(every) - len(counted),
        one_rater=sum(1 for prompt in counted if prompt.raters == 1),
        by_chance=sum(chances),
        at_most=at_most,
        at_least=at_least,
    )


def _share(prompt: JudgedPrompt, *, gained: bool) -> float:
    return prompt.preference if gained else 1 - prompt.preference


def _clear(prompt: JudgedPrompt, clarity: Clarity, *, gained: bool) -> bool:
    return _share(prompt, gained=gained) >= clarity.at_least - SAME


def _shares(
    counted: Iterable[JudgedPrompt], won: Iterable[JudgedPrompt], by: Callable[[JudgedPrompt], str]
) -> list[ClearShare]:
    clear = Counter(map(by, won))
    return [_part(name, count, clear[name]) for name, count in Counter(map(by, counted)).items()]


def _part(name: str, prompts: int, clear: int) -> ClearShare:
    return ClearShare(name, prompts, clear, *wilson(clear, prompts))


class Voted(Protocol):
    """The votes of raters for two systems on one prompt, or for two answers."""

    @property
    def key(self) -> str:
        """The owner's id for the prompt."""

    @property
    def preference(self) -> float:
        """Mean share of the votes for the second system, 0 to 1."""

    @property
    def judgments(self) -> int:
        """Number of judgments."""


V = TypeVar("V", bound=Voted)


def clearest_preferences(voted: Iterable[V], *, gained: bool, most: int) -> list[V]:
    """At most ``most`` items that one system won by the widest margin: b if ``gained``, else a.

    It has a share of at least `CLEAR` of the votes, ties counting half. Equal shares are sorted by number of
    judgments, largest first, then by key.
    """
    shares = ((one.preference if gained else 1 - one.preference, one) for one in voted)
    clear = [(share, one) for share, one in shares if share >= CLEAR]
    clear.sort(key=lambda finding: (-finding[0], -finding[1].judgments, finding[1].key))
    return [one for _, one in clear[:most]]
