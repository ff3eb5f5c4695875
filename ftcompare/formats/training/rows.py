"""Rows of training data (pairs with a winner, single answers, prompts with checks) and their columns.

A prompt's context is added to the question as for a system without a recipe, so that a model learns to answer
from its prompt. A column has one type in all rows of a file: a number or a text, never null, because readers
of tables take the type of a column from its first rows. Training, validation and test parts are divided by
prompt: each prompt is in one of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import TypeAlias

from ftcompare.core.conversation import asked_messages, chat_turns
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.prompt_check import PromptCheck
from ftcompare.core.recipe import NO_RECIPE, Message
from ftcompare.core.study import ComparisonId, PromptSpec, Response, SystemId
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.record_fields import digest_of_prompt, messages_json, plain_prompt, shown

DIGEST_BYTES = 16


def text_digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()


LATER = "later"  # the role under which later turns are part of a question's digest


def asked(prompt: PromptSpec) -> tuple[Message, ...]:
    return asked_messages(prompt, NO_RECIPE)


def question_digest(prompt: PromptSpec) -> bytes:
    """Return a digest that is equal for prompts with the same question."""
    return digest_of_prompt((*asked(prompt), *(Message(LATER, turn) for turn in prompt.later_turns)))


def answer_digest(text: str, earlier: Sequence[str] = ()) -> bytes:
    """Return a digest of the answers to all turns; for one turn it is the text's."""
    return text_digest("\0".join((*earlier, text)))


def digest_of(response: Response) -> bytes:
    return answer_digest(response.text, response.earlier)


def completion(prompt: PromptSpec, text: str, earlier: Sequence[str] = ()) -> list[Json]:
    """Return all that follows the prompt as chat turns: answers, their steps, and the user's later turns."""
    return chat_turns(earlier, prompt.later_turns, text)


CONVERSATION = "a conversation with several answers: the format allows one"
SEVERAL_TURNS = "several turns: use the conversational form"
_DIGITS = 6


def one_turn_alone(messages: tuple[Message, ...], *, conversational: bool) -> str:
    """Return why a prompt does not fit: as plain text it would lose the speakers."""
    return "" if conversational or plain_prompt(messages) is not None else SEVERAL_TURNS


def prompt_of(row: PreferenceRow | TrainingAnswer | RewardPrompt, context: ExportContext) -> Json:
    """Return the prompt as messages, or as text in the standard form."""
    if context.conversational:
        return messages_json(asked(row.prompt))
    prompt = None if row.prompt.later_turns else plain_prompt(asked(row.prompt))
    if prompt is None:
        what = f"The prompt {shown(row.prompt.key)} has a system turn or several turns."
        raise UserError(what, how="Use the conversational form.", code="several-turns")
    return prompt


def assistant(text: str) -> dict[str, Json]:
    return {"role": "assistant", "content": text}


def answer_of(prompt: PromptSpec, text: str, earlier: Sequence[str], context: ExportContext) -> Json:
    return completion(prompt, text, earlier) if context.conversational else text


def pair_columns(row: PreferenceRow, context: ExportContext) -> dict[str, Json]:
    """Return the columns of a pair; with names and digests of the systems unless they are withheld."""
    said: dict[str, Json] = {
        **of_prompt(row),
        "source": row.source.value,
        "margin": round(row.margin, _DIGITS),
        "weight": round(row.weight, _DIGITS),
        "agreement": round(row.agreement, _DIGITS),
        "n_raters": row.raters,
    }
    if context.conversations:
        said |= fields_json(row, "chosen_wrong_turn", "rejected_wrong_turn")
    sides = (("chosen_", row.chosen_system), ("rejected_", row.rejected_system))
    return said | _systems(context, *sides)


def answer_columns(row: TrainingAnswer, context: ExportContext) -> dict[str, Json]:
    """Return the columns of an answer; with name and digest of its system unless they are withheld."""
    weight = round(row.weight, _DIGITS)
    said: dict[str, Json] = {**of_prompt(row), "source": row.source.value}
    said |= {"weight": weight, "n_raters": row.raters}
    return said | _systems(context, ("", row.system))


def _systems(context: ExportContext, *of: tuple[str, SystemId | None]) -> dict[str, Json]:
    """Return the columns of systems, each with the beginning of its column names."""
    if context.digests is None:
        return {}
    kinds = (("model", context.names), ("digest", context.digests))
    return {
        f"{side}{kind}": "" if system is None else values.get(system, "")
        for kind, values in kinds
        for side, system in of
    }


def of_prompt(row: PreferenceRow | TrainingAnswer | RewardPrompt) -> dict[str, Json]:
    spec, why = row.prompt, {} if row.why is None else {"why": row.why}
    return {"prompt_id": spec.key, "category": spec.category, "split": spec.split.value, **why}


class RowSource(StrEnum):
    """The source of the decision in a row."""

    JUDGED = "judged"  # the majority of the raters
    ADJUDICATED = "adjudicated"  # a senior rater, in their place
    CORRECTED = "corrected"  # an expert, who wrote what the answer should have been


RowId: TypeAlias = ComparisonId | str
"""By which a row can be left out: its pair, or a digest of prompt and texts for an answer or a correction."""


def _row_id(prompt: PromptSpec, *answers: bytes) -> str:
    return b"".join((question_digest(prompt), *answers)).hex()


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    prompt: PromptSpec
    chosen: str
    rejected: str
    raters: int  # different people who judged it; 0 for a correction
    agreement: float  # share of its judgments for ``chosen``, above .5 unless adjudicated; 1 for a correction
    strength: float | None = None  # mean, 1 to 3, of the judgments that prefer ``chosen`` and state one
    weight: float = 1.0  # by how large a share of the judgments ``chosen`` leads, above 0 to 1
    margin: float = 1.0  # ``weight`` times ``strength``, above 0 to 3; ``weight`` where no strength was asked
    chosen_system: SystemId | None = None  # None where unknown; ``rejected_system`` likewise
    rejected_system: SystemId | None = None
    comparison: ComparisonId | None = field(default=None, compare=False)  # which pair it is; no file holds it
    source: RowSource = RowSource.JUDGED
    chosen_earlier: tuple[str, ...] = ()  # answers to earlier turns; ``rejected_earlier`` likewise
    rejected_earlier: tuple[str, ...] = ()
    # the turn by which the answers go wrong in more than half of the judgments; 0 for none
    chosen_wrong_turn: int = 0
    rejected_wrong_turn: int = 0
    why: str | None = None  # why the row was chosen as one that teaches most; None where all are written

    @property
    def id(self) -> RowId:
        if self.comparison is not None:
            return self.comparison
        chosen = answer_digest(self.chosen, self.chosen_earlier)
        return _row_id(self.prompt, chosen, answer_digest(self.rejected, self.rejected_earlier))


@dataclass(frozen=True, slots=True)
class TrainingAnswer:
    prompt: PromptSpec
    text: str
    label: bool  # whether it is desired
    raters: int  # different people who judged a pair with it; 0 for a correction
    weight: float = 1.0  # mean of the pairs' leads for or against it, above 0 to 1
    system: SystemId | None = None  # who wrote it, or what was corrected
    source: RowSource = RowSource.JUDGED  # adjudicated where a senior rater decided any of its pairs
    earlier: tuple[str, ...] = ()  # of a conversation, the answers to the turns before
    why: str | None = None  # as in `PreferenceRow`

    @property
    def id(self) -> RowId:
        return _row_id(self.prompt, answer_digest(self.text, self.earlier))


@dataclass(frozen=True, slots=True)
class RewardPrompt:
    """Prompt with checks that decide whether an answer is right."""

    prompt: PromptSpec
    checks: tuple[PromptCheck, ...]  # at least one
    references: tuple[str, ...] = ()  # the accepted answers, each with at least one word
    why: str | None = None  # as in `PreferenceRow`


PARTS = ("train", "validation", "test")  # as readers of datasets call them


@dataclass(frozen=True, slots=True)
class Parts:
    shares: tuple[float, float, float]  # of the prompts, for train, validation and test; together 1
    seed: int = 0  # another one gives another division; the same gives the same, whatever is judged later

    def __post_init__(self) -> None:
        if min(self.shares) < 0 or not abs(sum(self.shares) - 1) < 1e-6 or not self.shares[0]:
            how = "Give shares for train, validation, and test that sum to 100 or 1, such as 80/10/10."
            raise UserError("These are not shares of rows.", how=how, code="bad-shares")

    def divide(self, groups: Mapping[str, str]) -> dict[str, str]:
        """Return the part of each prompt, by key; prompts of one group, given by key, go into one part."""
        part = {group: self._part(group) for group in set(groups.values())}
        return {key: part[group] for key, group in groups.items()}

    def empty(self, files: Iterable[str]) -> tuple[str, ...]:
        """Return the parts with a share that none of these files is named after."""
        wanted = (part for part, share in zip(PARTS, self.shares, strict=True) if share)
        names = " ".join(files)
        return tuple(part for part in wanted if part not in names)

    def _part(self, group: str) -> str:
        """Draw by a hash of the group alone, so that a new prompt moves no other."""
        digest = hashlib.sha256(f"{self.seed}:{group}".encode()).digest()
        drawn = int.from_bytes(digest[:8]) / 2**64
        train, validation, _ = self.shares
        bounds = (train, train + validation)
        return PARTS[sum(drawn >= bound for bound in bounds)]


def read_parts(text: str, seed: int) -> Parts:
    """Read shares as people write them: ``0.8/0.1/0.1`` or ``80/10/10``; the test part is optional."""
    try:
        given = [float(share) for share in text.split("/")]
    except ValueError:
        given = []
    total = sum(given)
    if len(given) not in (2, 3) or not any(abs(total - whole) < 1e-6 for whole in (1, 100)):
        given, total = [0.0], 1.0
    train, validation, test = (*(share / total for share in given), 0.0, 0.0)[:3]
    return Parts((train, validation, test), seed)


def joined_groups(keys: Sequence[str], alike: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return, for each key, the first of those that the ``alike`` pairs connect it with, or itself."""
    group = {key: key for key in keys}

    def first(key: str) -> str:
        while group[key] != key:
            group[key] = group[group[key]]
            key = group[key]
        return key

    place = {key: number for number, key in enumerate(keys)}
    for one, other in alike:
        early, late = sorted((first(one), first(other)), key=place.__getitem__)
        group[late] = early
    return {key: first(key) for key in keys}
