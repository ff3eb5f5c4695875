"""Error marks in a rater pack: on the texts of judged pairs, once every pair of the pack is judged.

Marking a pair before it is judged would influence the judgment, and an answer may occur in several pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ftcompare.app.review.marks import MarkedAnswer, ShownMark, StudyMarks, in_order, shown_mark
from ftcompare.app.study.opening import PackFile
from ftcompare.core.annotations import AnnotationKind, Mark, Reviewed, StoredAnnotation
from ftcompare.core.blinding import BlindItem
from ftcompare.core.error_scheme import ErrorScheme
from ftcompare.core.errors import UserError
from ftcompare.core.grouping import grouped
from ftcompare.core.rating_rules import answer_words
from ftcompare.core.study import GuessMoment, Message, Prompt, PromptId, PromptSpec, ResponseId
from ftcompare.store.pack.pack_annotations import PACK_EXPERT, answer_number
from ftcompare.store.pack.pack_file import PACK_RATER

_SIDES = {True: "Left", False: "Right"}
ALONE = "Answer"


@dataclass(frozen=True, slots=True)
class MarkedSide:
    """A text of a pair with its rater's marks, made on this pair or on another pair with the same text."""

    response: ResponseId  # the text's number in the pack
    # numbers of all occurrences of this text for this prompt in the pack, including this one; without the
    # other answer of the same pair, which another system may have written
    same: frozenset[ResponseId]
    name: str  # ``Left`` or ``Right``; `ALONE` for an answer that is graded
    text: str
    marks: tuple[ShownMark, ...]  # in the order of the text
    done: bool  # whether the rater has looked through the text


@dataclass(frozen=True, slots=True)
class MarkedPair:
    number: int  # position of the pair in the pack, from 1
    item: BlindItem
    said: str  # the rater's answer in the words of the scale
    sides: tuple[MarkedSide, ...]  # from the left; one for an answer that is graded


@dataclass(frozen=True, slots=True)
class PackMarks:
    scheme: ErrorScheme
    rater: str  # name of the rater for whom the pack was made
    pairs: tuple[MarkedPair, ...]

    @property
    def count(self) -> int:
        return len({mark.number for pair in self.pairs for side in pair.sides for mark in side.marks})


def pairs_to_mark(pack: PackFile) -> PackMarks:
    """The judged pairs of a pack, for marking. Raises ``marks-not-asked``, ``marks-too-early``."""
    _require_open(pack)
    return marks_in_pack(pack)


def marks_in_pack(pack: PackFile) -> PackMarks:
    """The judged pairs of a pack with their marks, at any time. Raises ``marks-not-asked``."""
    scheme = _scheme(pack)
    standing = pack.annotations.standing()
    found = grouped((one.given.response, one) for one in standing if isinstance(one.given, Mark | Reviewed))
    scale, rater = pack.judgments.settings().scale, pack.rater_name
    answers = pack.judgments.given(PACK_RATER)
    same = _same_texts(answer.item for answer in answers)
    pairs = []
    for answer in answers:
        item, verdict = answer.item, answer.verdict
        sides = []
        for left, shown in zip(_SIDES, item.answers, strict=False):
            own, text = answer_number(item.allocation, left=left), shown.text
            equal = same[item.messages, text] - {answer_number(item.allocation, left=not left)}
            given = [one for number in sorted(equal) for one in found.get(number, ())]
            marks = (
                shown_mark(scheme, rater, one, one.given) for one in given if isinstance(one.given, Mark)
            )
            done = any(isinstance(one.given, Reviewed) for one in given)
            name = ALONE if item.alone else _SIDES[left]
            sides.append(MarkedSide(own, equal, name, text, in_order(marks), done))
        said = answer_words(verdict.choice, verdict.strength, scale)
        pairs.append(MarkedPair(int(item.allocation), item, said, tuple(sides)))
    return PackMarks(scheme, rater, tuple(sorted(pairs, key=lambda pair: pair.number)))


def _same_texts(
    items: Iterable[BlindItem],
) -> dict[tuple[tuple[Message, ...], str], frozenset[ResponseId]]:
    """For each prompt and text, the numbers of its occurrences: an answer may occur in several pairs."""
    found: dict[tuple[tuple[Message, ...], str], frozenset[ResponseId]] = {}
    for item in items:
        for left, shown in zip(_SIDES, item.answers, strict=False):
            key = item.messages, shown.text
            found[key] = found.get(key, frozenset()) | {answer_number(item.allocation, left=left)}
    return found


def keep_mark(pack: PackFile, mark: Mark, replaces: int | None = None, *, now: datetime) -> None:
    """Store a mark, in place of ``replaces`` if given. Raises as `Annotations` and `pairs_to_mark`."""
    _require_open(pack)
    if replaces is None:
        pack.annotations.add(PACK_EXPERT, mark, now=now)
    else:
        pack.annotations.replace(PACK_EXPERT, replaces, mark, now=now)


def take_back_mark(pack: PackFile, number: int, *, now: datetime) -> None:
    _require_open(pack)
    pack.annotations.retract(PACK_EXPERT, number, now=now)


def undo_mark(pack: PackFile, *, now: datetime) -> StoredAnnotation | None:
    """Take back the newest standing mark and return it; a mark that it replaced stands again."""
    _require_open(pack)
    return pack.annotations.undo(PACK_EXPERT, AnnotationKind.MARK, now=now)


def set_looked_through(pack: PackFile, side: MarkedSide, *, done: bool, now: datetime) -> None:
    """Record, or take back, that an answer was looked through, in all pairs. Raises as `pairs_to_mark`."""
    _require_open(pack)
    if done:
        pack.annotations.add(PACK_EXPERT, Reviewed(side.response), now=now)
        return
    for one in [*pack.annotations.standing(AnnotationKind.REVIEWED)]:
        if isinstance(one.given, Reviewed) and one.given.response in side.same:
            pack.annotations.retract(PACK_EXPERT, one.seq, now=now)


def as_study_marks(marks: PackMarks) -> StudyMarks:
    """Convert to a study's marks: the pair's number becomes the prompt's key, the side the answer's name."""
    return StudyMarks(marks.scheme, tuple(_answers(marks)), None)


def _answers(marked: PackMarks) -> Iterator[MarkedAnswer]:
    for pair in marked.pairs:
        spec = PromptSpec(f"pair {pair.number}", pair.item.messages)
        for side in pair.sides:
            marks = tuple(mark for mark in side.marks if mark.given.response == side.response)
            first = side.response == min(side.same)
            if marks or (side.done and first):
                done = (marked.rater,) if side.done else ()
                told = (Prompt(PromptId(pair.number), spec), side.name, "", side.text)
                yield MarkedAnswer(side.response, *told, marks, (marked.rater,), done)


def _scheme(pack: PackFile) -> ErrorScheme:
    scheme = pack.annotations.scheme
    if scheme is None:
        how = "The person who made the pack can make one with marking."
        raise UserError("This pack does not include marking errors.", how=how, code="marks-not-asked")
    return scheme


def _require_open(pack: PackFile) -> None:
    _scheme(pack)
    log = pack.judgments
    guesses = (log.guess_item(PACK_RATER, moment) for moment in (GuessMoment.AT_ONCE, GuessMoment.AT_END))
    if log.next_item(PACK_RATER) is not None or any(guess is not None for guess in guesses):
        how = "First judge or skip the remaining pairs, and answer the last questions."
        raise UserError("Errors are marked after everything is judged.", how=how, code="marks-too-early")
