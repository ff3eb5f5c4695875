"""Every field of a judgment is in the window, the store, packs, pages, exports and the study's folder.

A new field fails here by its name until it has a value in `SAID` and is in each of these places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.export.study_folder import create_from_folder, write_folder
from ftcompare.app.raters.packs import make_browser_pack, merge_result
from ftcompare.core.blinding import BlindItem
from ftcompare.core.rating_design import RatingDesign, ReferenceShown
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    DETAIL,
    DETAILS,
    EVENT_FIELDS,
    SIDED,
    AllocationId,
    Draft,
    Message,
    PromptSpec,
    RaterId,
    Said,
    Verdict,
)
from ftcompare.formats.browser_pack import result
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.judgments import EXPORT, read_judgments
from ftcompare.store.judging.verdict_recorder import JudgmentLog, Target, event_of, payload
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from tests.app.raters.page_results import result_lines, written
from tests.builders import answer
from tests.store.pack.pack_studies import GENERATED, NOW, SYSTEMS, TEXTS

SAID: dict[str, Any] = {
    "choice": Choice.LEFT,
    "strength": 2,
    "seconds": 7.5,
    "comment": "names the dose",
    "flagged": True,
    "criteria": (("accuracy", Choice.RIGHT), ("tone", Choice.TIE)),
    "reasons": ("too long",),
    "reason_sides": (("too long", Choice.LEFT),),
    "reference_seen": True,
}
"""A value of each field that differs from its default."""

SCALE = Scale("Which would you sign?", 3, ("accuracy", "tone"), ("too long", "wrong term"))
FIELDS = sorted(one.name for one in fields(Verdict))
VERDICT = Verdict(**SAID)
DRAFT = Draft(**{one.name: SAID[one.name] for one in fields(Draft)})
LATER = NOW + timedelta(hours=1)


def new_study(path: Path) -> StudyFile:
    study = StudyFile.create(path, title="Hearts", scale=SCALE, rng=Random(7), now=GENERATED)
    study.settings.set_rating(SCALE, RatingDesign(reference=ReferenceShown.ON_KEY), now=GENERATED)
    for spec in SYSTEMS:
        study.systems.add(spec)
    asked = PromptSpec("p1", (Message("user", "What is it?"),), reference="Tachycardia.")
    (prompt,) = study.prompts.add([asked])
    answer(study, prompt, TEXTS, run=study.runs.start({}, now=GENERATED), tokens=9)
    return study


def by_side(row: Said[str], left: str) -> dict[str, Any]:
    """The fields of a judgment by response, with responses converted to sides."""
    sides = {left: "left", "ab".replace(left, ""): "right"}
    said = {name: getattr(row, name) for name in FIELDS}
    for one in fields(Verdict):
        if SIDED in one.metadata:
            said[one.name] = tuple((name, sides.get(value, value)) for name, value in said[one.name])
    return said | {"choice": sides.get(said["choice"], said["choice"])}


def begun(log: JudgmentLog, rater: RaterId) -> BlindItem:
    item = log.next_item(rater)
    assert item is not None
    return item


def restored(study: StudyFile, path: Path) -> dict[str, Any]:
    """What stands again in front of the rater after Undo."""
    rater = rated(study)
    study.judgments.undo(rater, now=LATER)
    return begun(study.judgments, rater).draft.notes()


def rated(study: StudyFile) -> RaterId:
    rater = study.raters.add("Ann").id
    study.allocations.draw(rater, rng=Random(1), now=NOW)
    study.judgments.judge(begun(study.judgments, rater).allocation, VERDICT, now=NOW)
    return rater


def judged(study: StudyFile, path: Path) -> dict[str, Any]:
    rated(study)
    (row,) = study.judgments.standing()
    return by_side(row, row.left)


def own_answer(study: StudyFile, path: Path) -> dict[str, Any]:
    """What the list of own answers shows."""
    (given,) = study.judgments.given(rated(study))
    return {name: getattr(given.verdict, name) for name in FIELDS}


def merged(study: StudyFile, path: Path) -> dict[str, Any]:
    made = study.packs.hand_out("Ann", path / "Ann.ftpack", rng=Random(3), now=NOW)
    with PackFile.open(made.path) as pack:
        pack.judgments.judge(begun(pack.judgments, PACK_RATER).allocation, VERDICT, now=NOW)
    study.packs.merge(made.path, now=LATER)
    (row,) = study.judgments.standing()
    return by_side(row, row.left)


def merged_from_page(study: StudyFile, path: Path) -> dict[str, Any]:
    """From a result as the page of a pack of the same pairs saves it."""
    page, copy = path / "Ann.html", path / "copy.ftpack"
    make_browser_pack(study, page, "Ann", rng=Random(3), now=NOW)
    study.packs.hand_out("Ann", copy, rng=Random(3), now=NOW, marks=True)
    with PackFile.open(copy) as pack:
        pack.judgments.judge(begun(pack.judgments, PACK_RATER).allocation, VERDICT, now=NOW)
        result = written(path / "Ann.ftresult", result_lines(pack, page))
    merge_result(study, result, now=LATER)
    (row,) = study.judgments.standing()
    return by_side(row, row.left)


def exported(study: StudyFile, path: Path) -> dict[str, Any]:
    rated(study)
    names = {system.id: system.name for system in study.systems.all()}
    EXPORT.write(path / "judgments.jsonl", study.judgments.standing(), ExportContext(names))
    (record,) = read_judgments(path / "judgments.jsonl")
    return by_side(record, record.left)


def imported(study: StudyFile, path: Path) -> dict[str, Any]:
    """Into another study, from the export."""
    exported(study, path)
    with StudyFile.create(path / "b.ftstudy", title="B", scale=SCALE, rng=Random(7), now=NOW) as other:
        other.imports.judgments(read_judgments(path / "judgments.jsonl"), now=LATER)
        (row,) = other.judgments.standing()
        return by_side(row, row.left)


def in_folder(study: StudyFile, path: Path) -> dict[str, Any]:
    rated(study)
    study.settings.unblind("done", now=LATER)
    write_folder(study, path / "folder", now=LATER)
    create_from_folder(path / "again.ftstudy", path / "folder")
    with StudyFile.open(path / "again.ftstudy", now=LATER) as again:
        (row,) = again.judgments.standing()
        return by_side(row, row.left)


PLACES = (restored, judged, own_answer, merged, merged_from_page, exported, imported, in_folder)


def test_each_field_of_a_judgment_is_tried() -> None:
    assert SAID.keys() == set(FIELDS)
    missing = [one.name for one in fields(Verdict) if one.default == SAID[one.name]]
    assert missing == []


@pytest.mark.parametrize("place", PLACES)
def test_each_field_of_a_judgment_arrives(place: Callable[[StudyFile, Path], Any], tmp_path: Path) -> None:
    with new_study(tmp_path / "a.ftstudy") as study:
        found = place(study, tmp_path)
    assert {name: value for name, value in found.items() if value != SAID[name]} == {}


def test_the_window_sends_what_was_begun() -> None:
    sent = DRAFT.answered(VERDICT.choice, VERDICT.strength, VERDICT.seconds)
    assert sent == VERDICT


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_of_a_judgment_is_chained(name: str, tmp_path: Path) -> None:
    target = Target(AllocationId(1), RaterId(1), (), ())
    changed: dict[str, Any] = {"choice": Choice.RIGHT, "strength": 1}
    default: dict[str, Any] = {one.name: one.default for one in fields(Verdict)} | changed
    events = [event_of(VERDICT), event_of(Verdict(**SAID | {name: default[name]}))]
    first, second = (payload(target, event) for event in events)
    assert first != second


def test_pages_know_the_fields_of_events_and_of_their_details() -> None:
    """The script writes and reads them by name."""
    script = resources.files("ftcompare.formats.browser_pack") / "script"
    sources = {name: (script / name).read_text("utf-8") for name in ("rating_log.js", "pack_data.js")}
    unknown = [name for name in EVENT_FIELDS if not re.search(rf"\b{name}\b", sources["rating_log.js"])]
    unknown += [one.name for one in DETAILS if f"given.{one.metadata[DETAIL]}" not in sources["pack_data.js"]]
    assert unknown == []
    assert set(EVENT_FIELDS) == result.EVENT_TYPES.keys()
