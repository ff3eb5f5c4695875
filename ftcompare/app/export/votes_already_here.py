"""Recognise votes of a file that the study already has: its own exported votes, and equal votes.

Formats other than `judgments` omit fields that distinguish votes (strength, times), so a study's own votes
come back changed. They are recognised by the study's mark, or by equal content: prompt, both answers, verdict
and, where the file names it, rater.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from itertools import chain

from ftcompare.app.export.export_rows import mark_of
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import ComparisonKind, Message, RaterKind
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.record_fields import plain_prompt, whole_prompt
from ftcompare.store.study.study_file import StudyFile

OF_STUDY = "votes that this study wrote"
OF_RATER = "votes that the study has of the same rater"
ALREADY_HERE = "votes-already-here"  # code of the error for known votes without rater names

_KINDS = (ComparisonKind.ORDINARY, ComparisonKind.LIVE)
_OTHER = {"a": "b", "b": "a"}


def new_votes(
    study: StudyFile, records: Iterable[JudgmentRecord], notes: ImportNotes
) -> Iterator[JudgmentRecord]:
    """The votes of a file that the study does not have; known ones are counted in ``notes``.

    Prompts of several turns that the file stores as one text get their turns back.
    """
    known, mark = _KnownVotes(study), mark_of(study)
    votes = repeated = 0
    for record in records:
        votes += 1
        if record.exported_from == mark:
            notes.leave_out(OF_STUDY)
        elif known.take(record):
            notes.leave_out(OF_RATER)
        elif not record.rater_told and known.given(record):
            repeated += 1
        else:
            yield known.with_turns(record)
    if repeated:
        raise _already_here(repeated, votes)


def _already_here(repeated: int, votes: int) -> UserError:
    verb = "is" if repeated == 1 else "are"
    what = (
        f"{counted(repeated, 'vote')} of the file {verb} in the study already: the same prompt, the same two "
        f"answers, the same verdict. The file has {counted(votes, 'vote')} and names no rater."
    )
    how = (
        "Nothing was imported. Leave them out of the file; or count them a second time with "
        "`ftcompare import … --again`."
    )
    return UserError(what, how=how, code=ALREADY_HERE)


class _KnownVotes:
    """The answers in a study before the import."""

    def __init__(self, study: StudyFile) -> None:
        self._given: set[bytes] = set()
        self._of_rater: Counter[bytes] = Counter()
        for row in chain.from_iterable(map(study.judgments.standing, _KINDS)):
            a, b = row.comparison.a.text, row.comparison.b.text
            said = _said(row.prompt.spec.messages, a, b, row.choice)
            self._given.add(said)
            self._of_rater[_by(said, row.rater.name, row.rater.kind)] += 1
        chats = (messages for messages in study.prompts.messages() if plain_prompt(messages) is None)
        self._turns = {whole_prompt(messages): messages for messages in chats}

    def take(self, record: JudgmentRecord) -> bool:
        """Whether the study has this vote of this rater; each stored vote matches once."""
        key = _by(_said_in(record), record.rater, record.rater_kind)
        if not self._of_rater.get(key):
            return False
        self._of_rater[key] -= 1
        return True

    def given(self, record: JudgmentRecord) -> bool:
        return _said_in(record) in self._given

    def with_turns(self, record: JudgmentRecord) -> JudgmentRecord:
        """The vote with the turns of its prompt, where the study has them and the file has one text."""
        text = plain_prompt(record.messages)
        turns = self._turns.get(text) if text is not None else None
        return record if turns is None else replace(record, messages=turns)


def _said_in(record: JudgmentRecord) -> bytes:
    return _said(record.messages, record.response_a, record.response_b, record.choice)


def _said(messages: tuple[Message, ...], a: str, b: str, choice: str) -> bytes:
    """A digest that does not depend on which answer is first, nor on whether turns are one text."""
    if b < a:
        a, b, choice = b, a, _OTHER.get(choice, choice)
    return _digest(whole_prompt(messages), a, b, choice)


def _by(said: bytes, rater: str, kind: RaterKind) -> bytes:
    return _digest(said.hex(), rater, kind.value)


def _digest(*parts: str) -> bytes:
    spelled = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(spelled.encode("utf-8", "surrogatepass"), digest_size=16).digest()
