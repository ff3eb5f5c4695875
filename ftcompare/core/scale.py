"""The rating scale: choices, strengths, grades, criteria and reasons that a rater may give."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.errors import UserError
from ftcompare.core.fields import setting
from ftcompare.core.language import ENGLISH, N_, language, tr

DEFAULT_QUESTION = N_("Which answer is better?")
GRADE_QUESTION = N_("How good is this answer?")
RANK_QUESTION = N_("In which order do you prefer these answers?")
MAX_STRENGTH = 3
MAX_GRADE = 100
MAX_KEYS = 9  # each of up to this number of grades has the number key of its place; more are typed
MIN_SEVERAL, MAX_SEVERAL = 3, 5  # answers that are ranked at once; each place has its number key
MAX_CRITERIA = 9
MAX_REASONS = 9  # the limit is the number of keys from 1 to 9
STRENGTH_NAMES = {2: ("better", "much better"), 3: ("slightly better", "better", "much better")}
"""Names of the strengths, by the number of strengths of a scale; a scale with one strength does not ask."""


class Choice(StrEnum):
    """A verdict by side (left or right), as the rater gives it; not by system."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    GRADE = "grade"  # of an answer that is shown alone; its number is the strength of the judgment

    @property
    def decisive(self) -> bool:
        return self in (Choice.LEFT, Choice.RIGHT)


class ScaleKind(StrEnum):
    """How many answers raters see at a time, and so how they answer."""

    PAIRS = "pairs"  # two answers, of which one may be better
    GRADE = "grade"  # one answer, which gets a grade
    RANK = "rank"  # three to five answers, which get places


END_LABELS = {False: (N_("very bad"), N_("very good")), True: (N_("Bad"), N_("Good"))}
"""Default labels of the lowest and the highest grade; True: of a scale with two grades."""


@dataclass(frozen=True, slots=True)
class Translation:
    language: str  # a code such as ``de``
    text: str  # the question, a criterion, a reason, or the instructions
    translation: str


_NO_SIDES: Mapping[str, Choice] = {}
QUESTIONS = {
    ScaleKind.PAIRS: DEFAULT_QUESTION,
    ScaleKind.GRADE: GRADE_QUESTION,
    ScaleKind.RANK: RANK_QUESTION,
}
OWN_TEXTS = (*QUESTIONS.values(), *END_LABELS[False], *END_LABELS[True])
"""Texts of a scale that FTCompare proposes, and so translates."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The question for raters and the answers that they may give."""

    question: str = setting(DEFAULT_QUESTION, "Question for raters", "One sentence shown above the answers.")
    strengths: int = setting(
        1,
        "Degrees of preference offered",
        "Number of strengths of a preference. 1: better. 3: slightly better, better, or much better.",
        low=1,
        high=MAX_STRENGTH,
    )
    # names of aspects ("accuracy"); each gets a `Choice`, or a grade
    criteria: tuple[str, ...] = setting(
        (),
        "Criteria (optional), one per line",
        "Each criterion comes before the overall verdict.",
    )
    reasons: tuple[str, ...] = setting(
        (),
        "Reasons to tick (optional), one per line",
        "Reasons that raters can tick for a judgment, such as “wrong fact” or “too long”.",
    )
    language: str = setting(
        ENGLISH,
        "Language of the texts",
        "Language of the question, criteria, reasons, and instructions, as a code such as `de`.",
    )
    translations: tuple[Translation, ...] = ()  # also of the instructions
    kind: ScaleKind = setting(
        ScaleKind.PAIRS,
        "Raters see",
        "Number of answers that raters see at a time. `pairs`: two, and they say which is better. `grade`: "
        "one, and they grade it. `rank`: several, and they rank them.",
        key="shown_at_a_time",
        choices=(
            ("Two answers, to compare", "pairs"),
            ("One answer, to grade", "grade"),
            ("Several answers, to rank", "rank"),
        ),
    )
    several: int = setting(
        MIN_SEVERAL,
        "Answers to rank",
        "The largest number of answers that raters rank at once, from 3 to 5.",
        low=MIN_SEVERAL,
        high=MAX_SEVERAL,
    )
    low: int = setting(
        1,
        "Lowest grade",
        "The lowest grade: 1. It can be 0 if the highest is 1 (bad and good), or 10 or more.",
        low=0,
        high=1,
    )
    high: int = setting(
        5,
        "Highest grade",
        "The highest grade, from 2 to 100, or 1 for bad and good. If there are more than 9 grades, raters "
        "type them.",
        low=1,
        high=MAX_GRADE,
    )
    low_label: str = setting(
        "",
        "Label of the lowest grade",
        "Default: very bad, or Bad of two grades.",
    )
    high_label: str = setting(
        "",
        "Label of the highest grade",
        "Default: very good, or Good of two grades.",
    )

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.language for one in self.translations))

    @property
    def graded(self) -> bool:
        """Whether raters see one answer at a time and grade it."""
        return self.kind is ScaleKind.GRADE

    @property
    def ranked(self) -> bool:
        """Whether raters see several answers at a time and rank them."""
        return self.kind is ScaleKind.RANK

    @property
    def paired(self) -> bool:
        """Whether raters see two answers at a time and compare them."""
        return self.kind is ScaleKind.PAIRS

    @property
    def grades(self) -> range:
        """The grades from the lowest to the highest; empty for pairs."""
        return range(self.low, self.high + 1) if self.graded else range(0)

    @property
    def typed(self) -> bool:
        """Whether raters type a grade, because there are more grades than number keys."""
        return len(self.grades) > MAX_KEYS

    @property
    def end_labels(self) -> tuple[str, str]:
        """The labels of the lowest and the highest grade, not translated."""
        low, high = END_LABELS[self.high - self.low == 1]
        return self.low_label or low, self.high_label or high

    @property
    def answered_by(self) -> tuple[object, ...]:
        """The settings that determine the answers of raters."""
        several = self.several if self.ranked else 0
        return self.kind, self.grades, several, self.strengths, self.criteria

    @property
    def own_texts(self) -> tuple[str, ...]:
        """The texts of the owner, without those that have their default."""
        question = () if self.question in QUESTIONS.values() else (self.question,)
        labels = tuple(filter(None, (self.low_label, self.high_label)))
        return (*question, *labels, *self.criteria, *self.reasons)

    def shown(self, text: str) -> str:
        """Return a text of the owner in the present language, or as written if it has no translation."""
        return self._in(language().code).get(text) or (tr(text) if text in OWN_TEXTS else text)

    def untranslated(self, code: str, instructions: str) -> tuple[str, ...]:
        """Return the texts that are neither written in a language nor translated into it."""
        if code == self.language:
            return ()
        texts = (*self.own_texts, instructions)
        return tuple(text for text in texts if text.strip() and text not in self._in(code))

    def _in(self, code: str) -> dict[str, str]:
        return {one.text: one.translation for one in self.translations if one.language == code}

    def __post_init__(self) -> None:
        if not 1 <= self.strengths <= MAX_STRENGTH:
            what = f"A scale has 1 to {MAX_STRENGTH} strengths, not {self.strengths}."
            raise UserError(what, code="scale-strengths")
        few = self.low == 0 and 1 < self.high <= MAX_KEYS  # then the key 1 would give the grade 0
        if not 0 <= self.low <= 1 or not self.low < self.high <= MAX_GRADE or few:
            given = f"{self.low} to {self.high}"
            what = f"Grades go from 0 to 1, 1 to {MAX_GRADE} at most, or 0 to 10 or more, not {given}."
            raise UserError(what, code="scale-grades")
        if self.graded and self.strengths > 1:
            what = "A scale of grades has no strengths."
            raise UserError(what, how="Remove them, or let raters compare two answers.", code="scale-grades")
        if self.ranked and (self.strengths > 1 or self.criteria):
            what = "A scale of rankings has neither strengths nor criteria."
            raise UserError(what, how="Remove them, or let raters compare two answers.", code="scale-ranks")
        if not MIN_SEVERAL <= self.several <= MAX_SEVERAL:
            what = f"Raters rank {MIN_SEVERAL} to {MAX_SEVERAL} answers at once, not {self.several}."
            raise UserError(what, code="scale-ranks")
        _require_distinct(self.criteria, MAX_CRITERIA, "criteria", "scale-criteria")
        _require_distinct(self.reasons, MAX_REASONS, "reasons", "scale-reasons")

    def require_pairs(self, what: str) -> None:
        """Raise ``graded-study`` or ``ranked-study`` with the sentence `what` if raters do not see pairs."""
        if not self.paired:
            how = tr("Make a study in which raters compare two answers.")
            raise UserError(tr(what), how=how, code="graded-study" if self.graded else "ranked-study")

    def accepts(self, choice: Choice, strength: int | None) -> bool:
        """Return whether the scale offers this choice with this grade or strength, which needs a side."""
        if self.graded or choice is Choice.GRADE:
            return choice is Choice.GRADE and strength in self.grades
        if strength is None:
            return not (self.ranked and choice is Choice.BOTH_BAD)
        return choice.decisive and 1 <= strength <= self.strengths

    def accepts_details(
        self,
        criteria: Mapping[str, Choice | int],
        reasons: Collection[str],
        sides: Mapping[str, Choice] = _NO_SIDES,
    ) -> bool:
        """Return whether exactly the scale's criteria are answered, with reasons that it accepts."""
        exactly = set(criteria) == set(self.criteria) and self.accepts_criteria(criteria)
        return exactly and self.accepts_reasons(reasons, sides)

    def accepts_criteria(self, criteria: Mapping[str, Choice | int]) -> bool:
        """Return whether only criteria of the scale are answered, each by a side or by a grade."""
        given = criteria.values()
        fitting = (
            all(type(grade) is int and grade in self.grades for grade in given)
            if self.graded
            else all(isinstance(side, Choice) and side is not Choice.GRADE for side in given)
        )
        return fitting and set(criteria) <= set(self.criteria)

    def accepts_reasons(self, reasons: Collection[str], sides: Mapping[str, Choice] = _NO_SIDES) -> bool:
        """Return whether only reasons of the scale are ticked, and only ticked ones have a side."""
        offered = set(reasons) <= set(self.reasons)
        if not self.paired:
            return offered and not sides  # the answer has no other beside it, or several
        return offered and set(sides) <= set(reasons) and all(side.decisive for side in sides.values())


def _require_distinct(names: tuple[str, ...], most: int, noun: str, code: str) -> None:
    if len(names) > most:
        raise UserError(f"A scale has at most {most} {noun}, not {len(names)}.", code=code)
    if len({name.strip().casefold() for name in names} - {""}) < len(names):
        raise UserError(f"Each of the {noun} needs a different text.", code=code)
