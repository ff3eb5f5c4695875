"""The name of each answer to a prompt, the order of a prompt's answers, and the experts who read them.

While writers are withheld, answers are called by letters. Each prompt assigns its letters from its texts
alone, so that equal letters in two prompts say nothing about the writers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from ftcompare.app.study.description import packs_out
from ftcompare.core.annotations import ExpertId
from ftcompare.core.language import tr, trn
from ftcompare.core.study import Prompt, RaterId, RaterKind, Response, SystemId, folded_name
from ftcompare.store.study.study_file import StudyFile


def letter_of(place: int) -> str:
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, len(ascii_uppercase))
        name = ascii_uppercase[rest] + name
    return name


def lettered(place: int) -> str:
    return tr("Answer {letter}", letter_of(place))


def text_order(key: str, text: str) -> bytes:
    """Sort key of an answer while writers are withheld: a SHA-256 digest that depends on the text alone.

    ``key``: the prompt's key, so that equal texts do not have the same position in every prompt.
    """
    return hashlib.sha256(f"{key}\0{text}".encode("utf-8", "surrogatepass")).digest()


def lettered_order(key: str, texts: Sequence[tuple[int, str]], tie: Callable[[int], str]) -> list[int]:
    """The order of the answers to one prompt while writers are withheld, as indices into ``texts``.

    ``tie`` sorts ids of equal texts. It must be unpredictable, because ids follow the order of systems.
    """
    orders = [text_order(key, text) for _, text in texts]
    equal = len(set(orders)) < len(orders)
    return sorted(range(len(texts)), key=lambda at: (orders[at], tie(texts[at][0]) if equal else ""))


def named_answers(
    study: StudyFile, prompt: Prompt, systems: Mapping[SystemId, str] | None
) -> list[tuple[Response, str]]:
    """The answers to a prompt that may be shown, each with its name, in the order in which they are shown.

    While writers are withheld (``systems`` is None), these are the answers that are in a pair, in
    `lettered_order`: one without a partner would reveal which system has written more.
    """
    stored = study.answers.of_prompt(prompt.id)
    shown = [one.response for one in stored if systems is not None or one.compared]
    if systems is None:
        texts = [(one.id, one.text) for one in shown]
        order = lettered_order(prompt.spec.key, texts, study.settings.concealed_order)
        shown = [shown[place] for place in order]
    return list(zip(shown, answer_names(shown, systems), strict=True))


def answer_names(responses: Sequence[Response], systems: Mapping[SystemId, str] | None) -> tuple[str, ...]:
    """The names of the answers to one prompt, in the given order."""
    if systems is None:
        return tuple(map(lettered, range(len(responses))))
    several = any(one.sample for one in responses)
    return tuple(named_answer(systems[one.system], one.sample, several=several) for one in responses)


def named_answer(system: str, sample: int, *, several: bool) -> str:
    """An answer's name: its system and, if the system gave several answers, its number."""
    return tr("{system}, sample {number}", system, sample + 1) if several else system


@dataclass(frozen=True, slots=True)
class StillToRate:
    """An expert who is also a rater with pairs left; reading answers as an expert ends blindness for them."""

    name: str  # the name as the study spells it
    # number of pairs handed out to the rater, here or in a pack, that are neither judged nor skipped
    pairs: int

    @property
    def words(self) -> str:
        """The warning before a page that shows answers."""
        return trn(
            "{rater} still has {number} (pair|pairs) to rate. Answers read here are known when they are "
            "rated, and similarities between them may reveal which system wrote them. Rate first.",
            self.pairs,
            self.name,
        )


def find_expert(study: StudyFile, name: str) -> ExpertId | None:
    """The expert of this name, ignoring case; None for a person without annotations in the study."""
    wanted = folded_name(name)
    return next((one.id for one in study.annotations.experts() if folded_name(one.name) == wanted), None)


def names_by_expert(study: StudyFile) -> dict[ExpertId, str]:
    return {expert.id: expert.name for expert in study.annotations.experts()}


def still_to_rate(study: StudyFile, name: str) -> StillToRate | None:
    """The pairs that a person still has to rate; None when there are none or rating is over."""
    wanted = folded_name(name)
    people = (one for one in study.raters.all() if one.kind is RaterKind.HUMAN)
    rater = next((one for one in people if folded_name(one.name) == wanted), None)
    if rater is None or not study.settings.read().disclosure.rating_open:
        return None
    left = _left(study, rater.id)
    return StillToRate(rater.name, left) if left else None


def _left(study: StudyFile, rater: RaterId) -> int:
    here = study.judgments.progress(rater)
    away = study.packs.count_pairs(rater) if any(pack.rater.id == rater for pack in packs_out(study)) else 0
    return here.total - here.judged - here.skipped + away
