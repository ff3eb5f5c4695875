"""Pairs in the files of other tools, in the fields of ours: votes where there are any, else the answers.

A reader of such a file says what its fields are called in the ``judgments`` format; that each value is one
that can be is checked here, as for a file of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias

from ftcompare.core.hashing import Json
from ftcompare.core.records import JudgmentRecord, OutputRecord
from ftcompare.formats.answer_files import output_of
from ftcompare.formats.export_format import STUDY, ImportFormat
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.judgments import judgment_of
from ftcompare.formats.record_fields import PromptIds, Record, digest_of_prompt
from ftcompare.formats.text_files import MIB

MAX_BYTES = 2048 * MIB
WITHOUT_VOTE = "pairs without a vote"

_OF_ANSWER = ("prompt", "prompt_id", "category", "split", "tags", "reference")

Fields: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ForeignPair:
    """Two answers and the votes on them.

    Args:
        record: of the file, for errors.
        shared: what all the votes share, in the fields of `judgments`: prompt, systems, responses.
        votes: what each says: rater, choice and what else there is; `STUDY` is the mark of the study that
            wrote it.
        rater_told: the file names the raters; else they have a name that stands for all of it.
    """

    record: Record
    shared: Fields
    votes: tuple[Fields, ...] = ()
    rater_told: bool = True


Pairs: TypeAlias = Callable[[Path, ImportNotes], Iterable[ForeignPair]]


def votes_of(pairs: Iterable[ForeignPair], notes: ImportNotes) -> Iterator[JudgmentRecord]:
    """The votes of a file; pairs without one are counted.

    Raises:
        UserError: with the place and what is wrong.
    """
    ids = PromptIds()
    for pair in pairs:
        if not pair.votes:
            notes.leave_out(WITHOUT_VOTE)
        for vote in pair.votes:
            fields = replace(pair.record, fields={**pair.shared, **vote})
            judgment = judgment_of(fields)
            ids.check(fields, judgment.prompt_id, judgment.messages)
            mark = fields.label(STUDY)
            if mark or not pair.rater_told:
                judgment = replace(judgment, exported_from=mark, rater_told=pair.rater_told)
            yield judgment


def answers_of(pairs: Iterable[ForeignPair]) -> Iterator[OutputRecord]:
    """The answers of a file in which nothing is judged yet.

    Raises:
        UserError: with the place and what is wrong.
    """
    ids, samples = PromptIds(), SampleNumbers()
    for pair in pairs:
        for side in ("a", "b"):
            fields = {name: pair.shared[name] for name in _OF_ANSWER if name in pair.shared}
            fields |= {"system": pair.shared[f"system_{side}"], "response": pair.shared[f"response_{side}"]}
            yield from numbered(replace(pair.record, fields=fields), ids, samples)


def numbered(fields: Record, ids: PromptIds, samples: SampleNumbers) -> Iterator[OutputRecord]:
    """An answer in the fields of ours, as one of its system's samples; nothing where it was met before."""
    answer = output_of(fields)
    ids.check(fields, answer.prompt_id, answer.messages)
    number = samples.number(answer)
    if number is not None:
        yield replace(answer, sample=number)


def pair_import(
    *,
    id: str,  # noqa: A002
    title: str,
    description: str,
    pairs: Pairs,
    told_by: tuple[str, ...],
    suffixes: tuple[str, ...] = (".json", ".jsonl"),
) -> ImportFormat:
    """A format of which each record is a pair; ``id`` and the others as in `ImportFormat`."""
    return ImportFormat(
        id=id,
        title=title,
        description=description,
        told_by=told_by,
        judgments=lambda path, notes: votes_of(pairs(path, notes), notes),
        outputs=lambda path, notes: answers_of(pairs(path, notes)),
        suffixes=suffixes,
    )


@dataclass(slots=True)
class SampleNumbers:
    """Which of several answers of one system to one prompt a text is, in the order of the file."""

    _texts: dict[bytes, dict[bytes, int]] = field(default_factory=dict)

    def number(self, answer: OutputRecord) -> int | None:
        """From 0; None for a text that this system gave to this prompt before."""
        place = digest_of_prompt(answer.messages) + _digest(answer.system) + _digest(answer.prompt_id)
        texts = self._texts.setdefault(place, {})
        text = _digest(answer.response)
        if text in texts:
            return None
        return texts.setdefault(text, len(texts))


def first_of(record: Record, *names: str) -> str:
    """The first of some names of one thing that a record has; the first of all where it has none."""
    return next((name for name in names if record.has(name)), names[0])


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
