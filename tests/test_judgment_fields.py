"""Every field of a judgment is in the window, the store, packs, pages, exports and the study's folder.

A new field fails here by its name until it has a value in `SAID` and is in each of these places.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from PySide6.QtCore import QObject

from ftcompare.app.commands_and_keys import NOTE_COMMANDS, Command, noted
from ftcompare.app.export.study_folder import create_from_folder, write_folder
from ftcompare.app.raters.packs import make_browser_pack, merge_result
from ftcompare.app.raters.page_texts import page_rules
from ftcompare.core.blinding import BlindItem
from ftcompare.core.errors import UserError
from ftcompare.core.fields import Field, FieldKind
from ftcompare.core.rating_design import RatingDesign, ReferenceShown
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    DETAILS,
    EVENT_FIELDS,
    NOTES,
    SIDED,
    SIDES,
    AllocationId,
    Draft,
    Message,
    PairNotes,
    PromptSpec,
    RaterId,
    Said,
    Verdict,
    note_values,
    with_sides,
)
from ftcompare.formats import judgments, judgments_csv, judgments_xlsx
from ftcompare.formats.browser_pack import result
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.judgments import EXPORT, read_judgments
from ftcompare.store.judging import verdict_recorder
from ftcompare.store.judging.verdict_recorder import (
    JudgmentLog,
    Target,
    details_json,
    event_of,
    payload,
    read_details,
)
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.rating.judging import DraftKeeper
from tests.app.raters.page_results import result_lines, written
from tests.builders import answer, drawn_rater, present, text_file
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
    "language": "de",
    "wrong_turns": ((Choice.LEFT, 2), (Choice.RIGHT, 1)),
}
"""A value of each field that differs from its default."""

SCALE = Scale("Which would you sign?", 3, ("accuracy", "tone"), ("too long", "wrong term"))
OF_OTHERS = {"grades", "places"}
"""Fields that no judgment of a pair has; tests/store/study/test_grades.py and test_rankings.py try them."""
FIELDS = sorted({one.name for one in fields(Verdict)} - OF_OTHERS)
VERDICT = Verdict(**SAID)
DRAFT = Draft(**{one.name: SAID.get(one.name, one.default) for one in fields(Draft)})
DOCS = Path(__file__).parents[1] / "docs"
SCHEMA = json.loads((DOCS / "schemas" / "judgments.schema.json").read_text("utf-8"))
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
    for one in SIDED:
        converted = with_sides(one, said[one.attribute], lambda side: sides.get(side, side))
        said[one.attribute] = tuple(sorted(converted)) if one.elements == SIDES else converted
    return said | {"choice": sides.get(said["choice"], said["choice"])}


def begun(log: JudgmentLog, rater: RaterId) -> BlindItem:
    return present(log.next_item(rater))


def restored(study: StudyFile, path: Path) -> dict[str, Any]:
    """What stands again in front of the rater after Undo; its language is of the answer that is to come."""
    rater = rated(study)
    study.judgments.undo(rater, now=LATER)
    again = begun(study.judgments, rater).draft
    assert again.language == ""
    notes = {name: value for name, value in again.notes().items() if name in FIELDS}
    return notes | {"language": SAID["language"]}


def rated(study: StudyFile) -> RaterId:
    rater = drawn_rater(study, "Ann", rng=Random(1), now=NOW).id
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
    named = [one for one in fields(Verdict) if one.name in FIELDS]
    missing = [one.name for one in named if SAID.get(one.name, one.default) == one.default]
    assert missing == [], "give these a value in SAID"
    assert SAID.keys() == set(FIELDS)


@pytest.mark.parametrize("place", PLACES)
def test_each_field_of_a_judgment_arrives(place: Callable[[StudyFile, Path], Any], tmp_path: Path) -> None:
    with new_study(tmp_path / "a.ftstudy") as study:
        found = place(study, tmp_path)
    assert {name: value for name, value in found.items() if value != SAID.get(name)} == {}


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


@pytest.mark.parametrize("form", [judgments_csv, judgments_xlsx], ids=lambda form: form.EXPORT.id)
@pytest.mark.parametrize("name", FIELDS)
def test_each_field_of_a_judgment_is_in_tables(name: str, form: Any, tmp_path: Path) -> None:
    default = next(one.default for one in fields(Verdict) if one.name == name)
    other: dict[str, Any] = {name: "tie" if name == "choice" else default}
    with new_study(tmp_path / "a.ftstudy") as study:
        rated(study)
        (row,) = study.judgments.standing()
        context = ExportContext({system.id: system.name for system in study.systems.all()}, SCALE)
    first, second = (form.EXPORT.to_object(one, context) for one in (row, replace(row, **other)))
    assert first != second


def test_each_field_of_a_judgment_is_in_its_schema_and_its_reference() -> None:
    page = (DOCS / "reference" / "judgment-and-answer-files.md").read_text("utf-8").partition("## Answers")[0]
    described = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert set(FIELDS) - described == set()
    assert set(FIELDS) - SCHEMA["properties"].keys() == set()


def test_pages_know_the_fields_of_events() -> None:
    """The script writes and reads them by name; `page_rules` has those of their details."""
    script = resources.files("ftcompare.formats.browser_pack") / "script" / "rating_log.js"
    written = script.read_text("utf-8")
    assert [name for name in EVENT_FIELDS if not re.search(rf"\b{name}\b", written)] == []
    assert set(EVENT_FIELDS) == result.EVENT_TYPES.keys()


OWN_INPUTS = {
    "choice",
    "strength",
    "seconds",
    "comment",
    "criteria",
    "reasons",
    "reason_sides",
    "reference_seen",
    "language",
    "wrong_turns",
}
"""Fields with an input of their own in the window and the page; all others have a command with a `note`."""


def test_each_field_of_a_judgment_has_an_input() -> None:
    """The row of tools, lists of answers, and the page have what `NOTE_COMMANDS` and `page_rules` have."""
    inputs = OWN_INPUTS | {command.note for command in NOTE_COMMANDS}
    assert set(FIELDS) - inputs == set(), "give a command in app/commands.toml this note"
    declared: Any = page_rules()
    assert {note.key for note in NOTES.values()} - {one["name"] for one in declared["notes"]} == {"comment"}
    assert [one.name for one in fields(PairNotes) if one.name not in NOTES] == [], "declare it with `setting`"


@pytest.mark.parametrize("command", NOTE_COMMANDS, ids=lambda command: command.note)
def test_a_key_goes_through_the_values_of_a_note(command: Command) -> None:
    values, parent, chosen = note_values(command.note), QObject(), []
    drafts = DraftKeeper(parent)
    for _ in range(len(values)):
        drafts.turn(command.note)
        chosen.append(getattr(drafts.draft, command.note))
        assert bool(noted(drafts.draft)) == (drafts.draft != Draft())
    assert chosen == [*values[1:], values[0]]


def test_a_number_has_limits() -> None:
    assert [one.key for one in DETAILS if one.is_number and not (one.low > -1e9 and one.high < 1e9)] == []


NUMBER = Field(key="sure", attribute="sure", title="Sure", help="", kind=FieldKind.WHOLE, low=1, high=5)
WRONG = {"reference_seen": (1, "yes"), "reasons": ("too long", {"too long": True}), "sure": (0, 6, 2.7, "3")}
VOTE = {
    "prompt": "Why?", "system_a": "x", "system_b": "y", "response_a": "so", "response_b": "", "rater": "Ann",
    "choice": "a",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_value_that_is_not_allowed_is_refused(
    name: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the window, in a pack, in a file to import, and by the schema."""
    for module in (verdict_recorder, judgments):
        monkeypatch.setattr(module, "DETAILS", (*DETAILS, NUMBER))
    notes: Any = SimpleNamespace(**{"sure": None} | Draft().notes() | {name: value})
    with pytest.raises(UserError, match="cannot be"):
        details_json(notes)
    with pytest.raises(TypeError, match=name):
        read_details(json.dumps({name: value}))
    path = text_file(tmp_path / "j.jsonl", json.dumps(VOTE | {name: value}))
    with pytest.raises(UserError, match=name):
        list(read_judgments(path))
    assert name == "sure" or not Draft202012Validator(SCHEMA).is_valid(VOTE | {name: value})


def test_an_import_keeps_only_languages_that_the_window_has(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    votes = [{**VOTE, "language": code} for code in ("pt-BR", "English", "xx", "", None)]
    path.write_text("\n".join(map(json.dumps, votes)), "utf-8")
    assert [vote.language for vote in read_judgments(path)] == ["pt-BR", "", "", "", ""]


def test_a_number_that_is_allowed_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict_recorder, "DETAILS", (*DETAILS, NUMBER))
    notes: Any = SimpleNamespace(**Draft().notes(), sure=5)
    assert read_details(details_json(notes)) == {"sure": 5}


RELEASED = {
    "criteria": (FieldKind.LIST, ("a", "b", "tie", "both_bad")),
    "reasons": (FieldKind.TEXTS, None),
    "sides": (FieldKind.LIST, ("a", "b")),
    "reference_seen": (FieldKind.FLAG, None),
    "language": (FieldKind.CHOICE, None),
    "grades": (FieldKind.LIST, None),
    "wrong_turns": (FieldKind.LIST, ("a", "b")),
}
"""The details of released versions, with their values or limits."""


def test_a_detail_keeps_its_values() -> None:
    """Other versions refuse other values as altered, but an unknown detail as one of a newer version."""
    declared = {one.key: (one.kind, (one.low, one.high) if one.is_number else one.rule) for one in DETAILS}
    changed = [key for key, values in RELEASED.items() if declared.get(key) != values]
    assert changed == [], "give the changed detail another key"
    assert [key for key in declared if key not in RELEASED] == [], "add the new detail to RELEASED"
