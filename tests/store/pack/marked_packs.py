"""Packs whose rater marked errors: made, marked, and what the study holds of them after the merge."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ftcompare.core.annotations import Mark, Reviewed
from ftcompare.core.error_scheme import ErrorScheme, ErrorType, Severity
from ftcompare.core.rating_design import RatingDesign
from ftcompare.store.pack.pack_annotations import PACK_EXPERT, answer_number
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.pack.repository import PackMade
from ftcompare.store.study.study_file import StudyFile
from tests.store.pack.pack_studies import NOW, Worker, make

PLAIN_DESIGN = RatingDesign()
OWN = ErrorScheme(
    "House",
    (ErrorType("dose", "Dose", "A wrong dose."), ErrorType("gap", "Gap", spanless=True)),
    (Severity("bad", "Bad", 2.5),),
)
LATER = NOW + timedelta(days=2)


def handed(study: StudyFile, file: str = "", *, replace: bool = False) -> PackMade:
    """Ann's pack, in which errors may be marked."""
    return make(study, file=file, replace=replace, marks=True)


def judged(study: StudyFile, file: str = "") -> Path:
    """The same with every pair judged."""
    made = handed(study, file)
    Worker(made.path).finish()
    return made.path


def a_mark(
    pack: PackFile,
    item: int = 1,
    *,
    left: bool = True,
    error_type: str = "style",
    severity: str = "minor",
    comment: str = "",
) -> Mark:
    shown = {int(one.item.allocation): one.item for one in pack.judgments.given(PACK_RATER)}[item]
    quote = (shown.left if left else shown.right).split()[0]
    response = answer_number(item, left=left)
    return Mark(response, 0, len(quote), quote, error_type, severity, comment)


def add(
    path: Path, *items: int, left: bool = True, error_type: str = "style", severity: str = "minor"
) -> list[int]:
    """Marks a word in each of these items; the numbers of the marks."""
    with PackFile.open(path) as pack:
        return [
            pack.annotations.add(
                PACK_EXPERT,
                a_mark(pack, item, left=left, error_type=error_type, severity=severity),
                now=LATER + timedelta(seconds=item),
            )
            for item in items
        ]


def take_back(path: Path, number: int) -> None:
    with PackFile.open(path) as pack:
        pack.annotations.retract(PACK_EXPERT, number, now=LATER + timedelta(hours=1))


def standing(study: StudyFile) -> list[tuple[str, str, str]]:
    """What stands in the study: the expert, the text, the words marked (none: looked through)."""
    texts = {one.id: one.text for one in study.responses.all()}
    names = {expert.id: expert.name for expert in study.annotations.experts()}
    found = []
    for one in study.annotations.standing():
        assert isinstance(one.given, Mark | Reviewed)
        quote = one.given.quote if isinstance(one.given, Mark) else ""
        found.append((names[one.expert], texts[one.given.response], quote))
    return found


def marks_of(study: StudyFile) -> list[Mark]:
    return [one.given for one in study.annotations.standing() if isinstance(one.given, Mark)]


def record(field: str, value: str) -> str:
    return f"UPDATE annotations SET record = json_set(record, '$.{field}', {value}) WHERE seq = 1"
