"""A question for attribution: a passage of an answer, and the parts of its prompt to leave out in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ftcompare.app.generate.asked_items import text_to_score
from ftcompare.app.generate.scoring import scoring_groups
from ftcompare.app.review.corrections import answer_called
from ftcompare.app.setup.system_groups import SystemGroup
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.study import Message, Prompt, Response, ResponseId, System
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.tokens import words

PartKind: TypeAlias = Literal["word", "sentence"]

WORDS_UP_TO = 120
"""A prompt with more words than this is split into sentences, unless words are asked for."""

_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_CLOSING = "[\"'”’)\\]»」』）]*"
_SENTENCE = re.compile(rf"\S.*?(?:(?<![.!?…])[.!?…]+{_CLOSING}(?=\s)|[。！？]+{_CLOSING}|$)")
"""A sentence: up to a full stop, question or exclamation mark before a blank, or to the end of the line."""


@dataclass(frozen=True, slots=True)
class RemovablePart:
    """A word or a sentence of a prompt."""

    message: int  # index of the message that contains it, from 0
    start: int  # first character in that message's content
    end: int  # character after the last one; greater than ``start``
    text: str  # the word or sentence


def fitting_kind(messages: tuple[Message, ...]) -> PartKind:
    """The default kind of parts for a prompt."""
    count = sum(len(words(message.content)) for message in messages)
    return "word" if count <= WORDS_UP_TO else "sentence"


def removable_parts(messages: tuple[Message, ...], kind: PartKind) -> tuple[RemovablePart, ...]:
    """The parts of all messages, in their order; punctuation between words belongs to no part."""
    return tuple(
        RemovablePart(number, start, end, message.content[start:end])
        for number, message in enumerate(messages)
        for start, end in _spans(message.content, kind)
    )


def _spans(text: str, kind: PartKind) -> Iterator[tuple[int, int]]:
    if kind == "word":
        return ((word.start, word.end) for word in words(text))
    return (
        (line.start() + found.start(), line.start() + found.end())
        for line in _LINE.finditer(text)
        for found in _SENTENCE.finditer(line.group())
    )


def without_part(messages: tuple[Message, ...], part: RemovablePart) -> tuple[Message, ...]:
    """The prompt without one part; of two blanks that would then be adjacent, one is removed."""
    text = messages[part.message].content
    before, after = text[: part.start], text[part.end :]
    if after.startswith(" ") and (not before or before[-1].isspace()):
        after = after[1:]
    elif before.endswith(" "):
        before = before[:-1]
    changed = replace(messages[part.message], content=before + after)
    return (*messages[: part.message], changed, *messages[part.message + 1 :])


MOST_PARTS = 400
"""Maximum number of parts of a prompt; for each one, every system scores prompt and answer once."""
MOST_READ = 4_000_000
"""Maximum number of characters over all texts scored by one system: about a million tokens."""

WHOLE = "whole"
"""Key of the text with the complete prompt."""


@dataclass(frozen=True, slots=True)
class AttributionQuestion:
    """The passage, the parts and the systems of one attribution."""

    prompt: Prompt
    response: Response
    # first character of the passage in the answer. The passage neither begins nor ends with a blank.
    start: int
    end: int  # character after the last one of the passage
    kind: PartKind  # whether the parts are words or sentences
    parts: tuple[RemovablePart, ...]  # parts to leave out, one at a time
    groups: tuple[SystemGroup, ...]  # the groups in which the systems are loaded
    systems: tuple[System, ...]  # the systems that are asked: all that this machine can run, the base first
    left_out: tuple[str, ...]  # names of the study's systems that this machine cannot run

    @property
    def words(self) -> str:
        return self.response.text[self.start : self.end]

    def texts(self, group: SystemGroup) -> tuple[protocol.TextToScore, ...]:
        """The answer after its prompt and after each shortened prompt, as a group's systems receive them."""
        spec, text, earlier = self.prompt.spec, self.response.text, self.response.earlier
        changed = (replace(spec, messages=without_part(spec.messages, part)) for part in self.parts)
        return (
            text_to_score(spec, group.systems, WHOLE, text, earlier),
            *(text_to_score(one, group.systems, str(n), text, earlier) for n, one in enumerate(changed)),
        )


def attribution_question(
    study: StudyFile, response: ResponseId, start: int, end: int, kind: PartKind | None = None
) -> AttributionQuestion:
    """Build the attribution question for a passage of an answer.

    Args:
        start: first character of the passage in the answer.
        end: character after the last one of the passage.
        kind: parts to leave out; None for words, or for sentences when the prompt has many words.

    Raises:
        UserError: ``still-blinded``; ``attribution-passage`` when the passage has no word;
            ``attribution-imported`` and ``attribution-served`` when the model that wrote the answer is not on
            this machine; ``attribution-prompt`` when there is nothing to leave out; ``attribution-too-long``;
            ``no-answer`` when the answer does not exist.
    """
    study.settings.read().disclosure.require(Subject.LIKELIHOOD, where=study.path.name)
    prompt = study.answers.prompt(study.answers.prompt_of(response))
    answer = next(o.response for o in study.answers.of_prompt(prompt.id) if o.response.id == response)
    systems = {system.id: system for system in study.systems.all()}
    _require_model_here(systems[answer.system])
    start, end = _trimmed(answer.text, start, end)
    kind = kind or fitting_kind(prompt.spec.messages)
    parts = removable_parts(prompt.spec.messages, kind)
    _require_bounds(prompt, answer, kind, len(parts))
    groups = tuple(scoring_groups(study, served=False))
    asked = sorted((system for group in groups for system in group.systems), key=_base_first)
    return AttributionQuestion(
        prompt=prompt,
        response=answer,
        start=start,
        end=end,
        kind=kind,
        parts=parts,
        groups=groups,
        systems=tuple(asked),
        left_out=tuple(one.name for one in systems.values() if one not in asked),
    )


def _base_first(system: System) -> tuple[bool, int]:
    return not system.spec.is_base, system.id


def _require_model_here(writer: System) -> None:
    if not writer.spec.written_here:
        what = f"The answers of {writer.name} were imported: there is no model to ask what they rest on."
        how = "Choose an answer that was written here."
        raise UserError(what, how=how, code="attribution-imported")
    if writer.spec.url:
        what = f"{writer.name} is behind a server; what an answer rests on is computed on this machine only."
        how = "Add its model as a folder to a study, and have that write the answers."
        raise UserError(what, where=writer.spec.url, how=how, code="attribution-served")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Trim blanks at the passage's ends: tokenizers often attach a blank to the token after it."""
    passage = text[max(start, 0) : max(end, 0)]
    if not passage.strip():
        raise UserError(
            "No words are chosen.", how="Choose some words of the answer.", code="attribution-passage"
        )
    begin = max(start, 0) + len(passage) - len(passage.lstrip())
    return begin, begin + len(passage.strip())


def _require_bounds(prompt: Prompt, answer: Response, kind: PartKind, count: int) -> None:
    where = prompt.spec.key
    if not count:
        raise UserError("The prompt has no words to leave out.", where=where, code="attribution-prompt")
    length = sum(len(message.content) for message in prompt.spec.messages) + len(answer.text)
    how = "Leave out sentences and not words." if kind == "word" else "Choose a shorter prompt."
    if count > MOST_PARTS:
        what = f"The prompt has {count:,} {kind}s; at most {MOST_PARTS} can be left out one by one."
        raise UserError(what, where=where, how=how, code="attribution-too-long")
    if length * (count + 1) > MOST_READ:
        what = f"Each model would read {length * (count + 1):,} characters; at most {MOST_READ:,} are read."
        raise UserError(what, where=where, how=how, code="attribution-too-long")


def question_in_words(
    study: StudyFile, key: str, name: str, words: str, *, occurrence: int = 0, kind: PartKind | None = None
) -> AttributionQuestion:
    """Build the question from a passage that is given as text.

    Args:
        name: name of the answer (see `answer_called`).
        words: the passage, exactly as in the answer.
        occurrence: which occurrence of the passage is meant, from 1; 0 requires that there is only one.

    Raises:
        UserError: as `answer_called` and `attribution_question`; ``words-unknown``; ``words-several`` when
            ``occurrence`` is 0 and the passage occurs several times.
    """
    study.settings.read().disclosure.require(Subject.LIKELIHOOD, where=study.path.name)
    response = answer_called(study, key, name)
    stored = study.answers.of_prompt(study.answers.prompt_of(response))
    text = next(one.response.text for one in stored if one.response.id == response)
    start = _place(text, words, occurrence)
    return attribution_question(study, response, start, start + len(words), kind)


def _place(text: str, words: str, occurrence: int) -> int:
    found = [*_places(text, words)] if words.strip() else []
    if occurrence > len(found) or not found:
        times = f" {occurrence} times" if found else ""
        what = f"The answer does not have the words “{words}”{times}."
        raise UserError(what, how="Give them as they are written there.", code="words-unknown")
    if len(found) > 1 and not occurrence:
        what = f"The answer has the words “{words}” {len(found)} times."
        raise UserError(what, how="Say which, as in --occurrence 1.", code="words-several")
    return found[max(occurrence, 1) - 1]


def _places(text: str, words: str) -> Iterator[int]:
    place = text.find(words)
    while place >= 0:
        yield place
        place = text.find(words, place + len(words))
