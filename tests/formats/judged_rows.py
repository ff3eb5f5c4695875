"""Votes of every kind, drawn by Hypothesis, and what a file of another tool gives back of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ftcompare.core.records import JudgmentRecord, OutputRecord
from ftcompare.core.study import ComparisonId, JudgedRow, Message, RaterKind, Split, SystemId
from ftcompare.formats import judgments
from ftcompare.formats.export_format import AnyExportFormat, ExportContext, ImportFormat, RowKind
from ftcompare.formats.foreign_pairs import pairs_with_votes
from ftcompare.formats.record_fields import ImportNotes, Record
from tests.formats.conftest import row_of

# Without a time zone: zones are drawn beside them.
FIRST_DAY, LAST_DAY = datetime.fromisoformat("2001-01-01"), datetime.fromisoformat("2090-01-01")

NAMES = {SystemId(1): "base", SystemId(2): "=cardiology, v2"}
CONTEXT = ExportContext(NAMES)
CHAT = (
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Yes?"),
    Message("user", "Go"),
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
PROMPTS = TEXTS.filter(lambda text: bool(text.strip())).map(lambda text: (Message("user", text),))
LABELS = st.text(st.characters(categories=["L", "N", "S", "P"]), min_size=1, max_size=8)


@st.composite
def votes(draw: st.DrawFn, *, chats: bool = True, several: int = 3) -> list[JudgedRow]:
    """One to three pairs with one to ``several`` votes each, of different raters."""
    rows: list[JudgedRow] = []
    for number in range(1, 1 + draw(st.integers(1, 3))):
        pair: dict[str, Any] = {
            "comparison": number,
            "messages": draw(PROMPTS | st.just(CHAT) if chats else PROMPTS),
            "texts": (draw(TEXTS), draw(TEXTS)),
            "category": draw(st.just("") | LABELS),
            "split": draw(st.sampled_from(Split)),
            "tags": tuple(draw(st.lists(LABELS.filter(lambda tag: "|" not in tag), max_size=2, unique=True))),
        }
        raters = draw(st.lists(LABELS, min_size=1, max_size=several, unique=True))
        rows += [vote(draw, rater, pair) for rater in raters]
    return rows


def vote(draw: st.DrawFn, rater: str, pair: dict[str, Any]) -> JudgedRow:
    """One vote on a pair, of a person or, with a share of its own, of a program."""
    kind, choice, share = (
        draw(st.sampled_from(RaterKind)),
        draw(st.sampled_from(["a", "b", "tie", "both_bad"])),
        None,
    )
    if kind is RaterKind.AUTOMATIC:
        share = draw(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
        choice = {0.5: choice if choice in ("tie", "both_bad") else "tie"}.get(
            share, "b" if share > 0.5 else "a"
        )
    return row_of(
        choice,
        rater=rater,
        rater_kind=kind,
        preference=share,
        strength=draw(st.sampled_from([None, 1, 2, 3])) if choice in ("a", "b") else None,
        comment=draw(TEXTS),
        left=draw(st.sampled_from(["a", "b", ""])),
        flagged=draw(st.booleans()),
        seconds=draw(st.none() | st.floats(0, 100)),
        at=draw(st.just("") | st.datetimes(FIRST_DAY, LAST_DAY).map(in_utc)),
        **pair,
    )


def in_utc(moment: datetime) -> str:
    return moment.replace(tzinfo=UTC, microsecond=0).isoformat()


def whole(row: JudgedRow) -> JudgmentRecord:
    """A vote as our own format holds it, without samples and ids of texts."""
    record = judgments.judgment_of(Record(judgments.to_object(row, CONTEXT), "", 1))
    return replace(record, sample_a=None, sample_b=None)


def there_and_back(
    folder: Path, out: AnyExportFormat, back: ImportFormat, rows: list[JudgedRow]
) -> tuple[list[JudgmentRecord], ImportNotes]:
    """The votes of a file that was just written, and what was not taken of it."""
    path, notes = folder / f"rows{out.suffix}", ImportNotes()
    path.unlink(missing_ok=True)
    written: Any = pairs_with_votes(rows) if out.rows is RowKind.PAIR_WITH_VOTES else rows
    out.write(path, written, CONTEXT)
    assert back.judgments
    return list(back.judgments(path, notes)), notes


def answers(form: ImportFormat, path: Path, notes: ImportNotes | None = None) -> list[OutputRecord]:
    assert form.outputs
    return list(form.outputs(path, notes or ImportNotes()))


def of_one_pair(rows: list[JudgedRow], number: int) -> list[JudgedRow]:
    return [row for row in rows if row.comparison.id == ComparisonId(number)]
