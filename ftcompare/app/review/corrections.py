"""Experts' corrected versions of answers; the original answers stay unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from ftcompare.app.review.answer_names import find_expert, names_by_expert
from ftcompare.app.review.answers import answered_prompt
from ftcompare.core.annotations import AnnotationKind, Correction
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.study import PromptId, ResponseId
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class CorrectedText:
    prompt: PromptId
    key: str
    response: ResponseId
    answer: str  # name of the answer: its system's name, or a letter while writers are withheld
    expert: str
    original: str  # the system's answer; ``text`` is the corrected one
    text: str
    comment: str
    only_spaces: bool  # whether the correction differs from the answer only in spaces and line breaks
    at: str  # time of the correction, ISO 8601 UTC


def correct(
    study: StudyFile, expert: str, response: ResponseId, text: str, *, comment: str = "", now: datetime
) -> None:
    """Store a corrected answer; it replaces an earlier correction of it by the same expert.

    Raises `UserError`: ``correction-equal``, ``correction-empty``, ``annotation-long``, ``answer-unknown``,
    ``no-expert-name``.
    """
    with study.atomic():
        known = study.annotations.expert(expert)
        study.annotations.add(known.id, Correction(response, text, comment.strip()), now=now)


def with_line_ends_of(study: StudyFile, response: ResponseId, text: str) -> str:
    """Restore an answer's line ends, which editors change, in a file's text. Raises ``answer-unknown``."""
    answer = study.annotated.one(response).response.text
    lines = text if "\r\n" in answer else text.replace("\r\n", "\n")
    return lines if answer.endswith("\n") else lines.rstrip("\r\n")


def take_correction_back(study: StudyFile, expert: str, response: ResponseId, *, now: datetime) -> None:
    """Take back an expert's correction of an answer. Raises ``annotation-gone`` without one."""
    who = find_expert(study, expert)
    stored = [*study.annotations.standing(AnnotationKind.CORRECTION, response=response)]
    own = next((one for one in stored if one.expert == who), None)
    if own is None:
        raise UserError("You have not corrected this answer.", code="annotation-gone")
    study.annotations.retract(own.expert, own.seq, now=now)


@dataclass(frozen=True, slots=True)
class CorrectionText:
    """The text of a correction, and its reason."""

    text: str
    comment: str = ""


def keep_draft(study: StudyFile, response: ResponseId, draft: CorrectionText | None) -> None:
    """Store an unfinished correction of an answer; None deletes it."""
    kept = json.dumps([draft.text, draft.comment], ensure_ascii=False) if draft else ""
    study.state.put(_draft_key(response), kept, counts=False)


def kept_draft(study: StudyFile, response: ResponseId) -> CorrectionText | None:
    kept = study.state.get(_draft_key(response))
    return CorrectionText(*json.loads(kept)) if kept else None


def _draft_key(response: ResponseId) -> str:
    return f"correction_draft_{response}"


def corrections(study: StudyFile, response: ResponseId | None = None) -> tuple[CorrectedText, ...]:
    """The standing corrections, oldest first; only those of ``response`` if it is given.

    Answers from the live page have no letter: while writers are withheld, their corrections have no name.
    """
    experts, names = names_by_expert(study), dict[ResponseId, str]()
    found = []
    for one in study.annotated.corrections(response):
        answer, prompt = one.of.response, one.of.prompt
        if answer.id not in names:
            names |= _names(study, prompt.id)
        original, text = answer.text, one.correction.text
        found.append(
            CorrectedText(
                prompt=prompt.id,
                key=prompt.spec.key,
                response=answer.id,
                answer=names.get(answer.id, ""),
                expert=experts[one.stored.expert],
                original=original,
                text=text,
                comment=one.correction.comment,
                only_spaces=original.split() == text.split(),
                at=one.stored.at,
            )
        )
    return tuple(found)


def corrections_json(corrected: tuple[CorrectedText, ...]) -> list[dict[str, Json]]:
    return [
        {
            **fields_json(one, prompt_id="key", answer="answer", expert="expert", original="original"),
            **fields_json(one, correction="text", comment="comment", only_spaces="only_spaces", at="at"),
        }
        for one in corrected
    ]


def answer_called(study: StudyFile, key: str, name: str) -> ResponseId:
    """Find an answer by its current name, in any case. Raises ``prompt-unknown``, ``answer-unknown``."""
    prompt = next((one for one in study.prompts.all() if one.spec.key == key), None)
    if prompt is None:
        raise UserError(f"The study has no prompt “{key}”.", code="prompt-unknown")
    names = _names(study, prompt.id)
    for response, called in names.items():
        if called.casefold() == name.strip().casefold():
            return response
    how = f"There are: {', '.join(names.values())}." if names else "It has no answer that may be shown."
    raise UserError(f"The prompt has no answer “{name}”.", how=how, code="answer-unknown")


def _names(study: StudyFile, prompt: PromptId) -> dict[ResponseId, str]:
    try:
        return {answer.response: answer.name for answer in answered_prompt(study, prompt).answers}
    except UserError:
        return {}
