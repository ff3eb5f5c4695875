"""Losses and gains of fine-tuning: the prompts on which one system won clearly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ftcompare.app.results.study_results import votes
from ftcompare.core.disclosure import Subject
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.differences import CLEAR as CLEAR
from ftcompare.stats.differences import clear_wins
from ftcompare.stats.win_rate import SAME, wilson
from ftcompare.store.study.study_file import StudyFile

SPLITS = (Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)


@dataclass(frozen=True, slots=True)
class JudgedPrompt:
    """What raters of one kind said of a pair of systems on one prompt.

    Args:
        key: the owner's id for the prompt.
        text: its last user turn.
        preference: mean share of the votes that b got, 0 to 1.
    """

    key: str
    text: str
    category: str
    split: Split
    tags: tuple[str, ...]
    preference: float
    raters: int
    judgments: int


@dataclass(frozen=True, slots=True)
class Clarity:
    """When a prompt counts as won clearly.

    Args:
        at_least: the winner's mean share of the votes, more than 1/2 and at most 1.
        raters: prompts judged by fewer are passed over.
    """

    at_least: float = CLEAR
    raters: int = 1


@dataclass(frozen=True, slots=True)
class ClearShare:
    """How many of some prompts one system won clearly.

    Args:
        name: of the category or split, as the study stores it; empty for prompts without one.
        prompts: judged by enough raters; at least one.
        clear: of these, won clearly.
        low: lower end of the 95% interval of ``clear / prompts``, Wilson's; a prompt counts once.
    """

    name: str
    prompts: int
    clear: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.clear / self.prompts


@dataclass(frozen=True, slots=True)
class ClearPrompts:
    """The prompts that one system won clearly.

    Args:
        gained: whether b is the winner; else a is.
        whole: over all prompts; None where none was judged by enough raters.
        categories: those with judged prompts, the greatest share first.
        splits: in their fixed order; none where no prompt has one.
        prompts: won clearly, in the order of ``categories``, the clearest first.
        other_way: how many the other system won as clearly.
        passed_over: judged by too few raters.
        one_rater: of the prompts that count, those judged by a single rater.
    """

    gained: bool
    clarity: Clarity
    whole: ClearShare | None
    categories: tuple[ClearShare, ...]
    splits: tuple[ClearShare, ...]
    prompts: tuple[JudgedPrompt, ...]
    other_way: int
    passed_over: int
    one_rater: int

    def share(self, prompt: JudgedPrompt) -> float:
        """The winner's share of the votes on a prompt, 0 to 1."""
        return _share(prompt, gained=self.gained)


def judged_prompts(study: StudyFile, a: str, b: str, kind: RaterKind) -> tuple[JudgedPrompt, ...]:
    """Every prompt on which a pair was judged by raters of a kind, those of one category together.

    ``a`` is the name of the system that was added first, ``b`` of the other.

    Raises:
        UserError: ``still-blinded``: single prompts and their winners could tell which system is which.
    """
    study.settings.read().disclosure.require(Subject.PROMPT_WINNERS, where=study.path.name)
    specs = {str(prompt.id): prompt.spec for prompt in study.prompts.all()}
    found = clear_wins(votes(study), b, a, at_least=0.0, kind=kind)  # from 0 on every prompt passes
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
        )
        for part in found
        for win in part.wins
    )


def usual_clarity(judged: Iterable[JudgedPrompt]) -> Clarity:
    """Three quarters of the votes; of two raters at least where most prompts have as many."""
    counts = [prompt.raters for prompt in judged]
    several = sum(1 for count in counts if count > 1)
    return Clarity(raters=2 if 2 * several > len(counts) else 1)


def clear_prompts(judged: Iterable[JudgedPrompt], clarity: Clarity, *, gained: bool = False) -> ClearPrompts:
    """The prompts that one system won clearly, by category and by split.

    ``gained``: the wins of b, what fine-tuning gained; else those of a, what it cost.
    """
    every = tuple(judged)
    counted = [prompt for prompt in every if prompt.raters >= clarity.raters]
    won = [prompt for prompt in counted if _clear(prompt, clarity, gained=gained)]
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
