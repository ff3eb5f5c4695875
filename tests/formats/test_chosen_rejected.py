"""Training data read back as pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import Message, Split
from ftcompare.formats.chosen_rejected import IMPORT_OPENAI, IMPORT_TRL, IMPORT_UNPAIRED, UNPAIRED
from ftcompare.formats.export_format import ImportFormat
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.record_fields import messages_json
from tests.formats.judged_rows import CHAT, PROMPTS, TEXTS, answers

USER = {"role": "user", "content": "Why?"}
WHY = (Message("user", "Why?"),)


def spoken(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def write(folder: Path, *rows: object) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def votes(form: ImportFormat, path: Path, notes: ImportNotes | None = None) -> list[JudgmentRecord]:
    assert form.judgments
    return list(form.judgments(path, notes or ImportNotes()))


def vote(messages: tuple[Message, ...], chosen: str, rejected: str, **more: Any) -> JudgmentRecord:
    names = {"system_a": "chosen", "system_b": "rejected", "rater": "dataset"} | more
    said: dict[str, Any] = {"choice": "a", "preference": 0.0, "rater_told": "rater" in more}
    return JudgmentRecord(messages=messages, response_a=chosen, response_b=rejected, **said, **names)


@given(prompt=PROMPTS | st.just(CHAT), chosen=TEXTS, rejected=TEXTS)
def test_every_layout_gives_the_same_vote(
    tmp_path_factory: pytest.TempPathFactory, prompt: tuple[Message, ...], chosen: str, rejected: str
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    turns, sides = messages_json(prompt), {"chosen": chosen, "rejected": rejected}
    wanted = [vote(prompt, chosen, rejected)]
    apart = {"prompt": turns} | {name: [spoken(text)] for name, text in sides.items()}
    together = {name: [*turns, spoken(text)] for name, text in sides.items()}
    for row in (apart, together, {"prompt": prompt[-1].content} | together):
        assert votes(IMPORT_TRL, write(folder, row)) == wanted
    if len(prompt) == 1:
        assert votes(IMPORT_TRL, write(folder, {"prompt": prompt[0].content} | sides)) == wanted
    openai = {
        "input": {"messages": turns, "tools": [], "parallel_tool_calls": True},
        "preferred_output": [spoken(chosen)],
        "non_preferred_output": [spoken(rejected)],
    }
    notes = ImportNotes()
    assert votes(IMPORT_OPENAI, write(folder, openai), notes) == wanted
    assert not notes.unread
    openai["input"] = {"messages": turns, "tools": [{"type": "function"}]}
    assert votes(IMPORT_OPENAI, write(folder, openai), notes) == wanted
    assert notes.unread == {"input.tools": 1}
    labelled = [
        {"prompt": turns, "completion": [spoken(t)], "label": t is chosen} for t in (chosen, rejected)
    ]
    if chosen is not rejected:
        (found,) = votes(IMPORT_UNPAIRED, write(folder, *labelled))
        assert (found.messages, found.response_a, found.response_b) == (prompt, chosen, rejected)
        assert (found.system_a, found.system_b, found.choice) == ("desired", "undesired", "a")


def test_what_else_a_row_says(tmp_path: Path) -> None:
    row = {"prompt": "Why?", "chosen": "So.", "rejected": "Thus.", "chosen_model": "new", "prompt_id": "q1"}
    row |= {"category": "c", "rater": "Ada"}
    notes = ImportNotes()
    rows = [row | {"split": "held_out", "margin": 2}, row | {"split": "train"}]
    first, second = votes(IMPORT_TRL, write(tmp_path, *rows), notes)
    about = {"system_a": "new", "prompt_id": "q1", "category": "c", "rater": "Ada"}
    assert first == vote(WHY, "So.", "Thus.", split=Split.HELD_OUT, **about)
    assert second == vote(WHY, "So.", "Thus.", **about)
    assert notes.unread == {"margin": 1, "split": 1}


def labelled(prompt: str, completion: str, label: object) -> dict[str, object]:
    return {"prompt": prompt, "completion": completion, "label": label}


def test_unpaired_rows_that_stand_together_are_pairs_and_others_are_counted(tmp_path: Path) -> None:
    rows = [
        labelled("p", "bad", label=False),
        labelled("p", "good", label=True),
        labelled("q", "alone", label=True),
        labelled("p", "again", label=0),
        labelled("p", "better", label=1),
        labelled("p", "worse", label=False),
    ]
    notes = ImportNotes()
    found = votes(IMPORT_UNPAIRED, write(tmp_path, *rows), notes)
    assert [(v.response_a, v.response_b) for v in found] == [("good", "bad"), ("better", "again")]
    assert notes.left_out == {UNPAIRED: 2}


def test_unpaired_rows_without_a_pair_are_answers(tmp_path: Path) -> None:
    rows = [labelled("p", "x", label=False), labelled("p", "y", label=False), labelled("q", "z", label=True)]
    path = write(tmp_path, *rows, labelled("p", "x", label=False))
    assert votes(IMPORT_UNPAIRED, path) == []
    found = answers(IMPORT_UNPAIRED, path)
    assert [(a.system, a.response, a.sample) for a in found] == [
        ("undesired", "x", 0),
        ("undesired", "y", 1),
        ("desired", "z", 0),
    ]


GOOD = {"prompt": "Why?", "chosen": "So.", "rejected": "Thus."}
ASKED = {
    "input": {"messages": [USER]},
    "preferred_output": [spoken("a")],
    "non_preferred_output": [spoken("b")],
}


@pytest.mark.parametrize(
    ("form", "row", "said"),
    [
        (IMPORT_TRL, GOOD | {"chosen": None}, "chosen is missing"),
        (IMPORT_TRL, GOOD | {"prompt": None}, "prompt is missing"),
        (IMPORT_TRL, GOOD | {"chosen": 5}, "chosen must be text, not 5"),
        (IMPORT_TRL, GOOD | {"chosen": [USER]}, "chosen: the last message must be the assistant's"),
        (IMPORT_TRL, GOOD | {"chosen": []}, "chosen must be a list of messages, not a list"),
        (
            IMPORT_TRL,
            {"chosen": [USER, spoken("x")], "rejected": [spoken("y")]},
            "begin with different prompts",
        ),
        (
            IMPORT_TRL,
            GOOD | {"prompt": [spoken("x")], "chosen": [spoken("y")]},
            "no turn is the user's",
        ),
        (IMPORT_TRL, GOOD | {"chosen_model": "rejected"}, "both 'rejected'"),
        (IMPORT_OPENAI, ASKED | {"input": 5}, "input must be an object"),
        (IMPORT_OPENAI, ASKED | {"input": {}}, "messages is missing"),
        (IMPORT_OPENAI, ASKED | {"preferred_output": [USER, spoken("x")]}, "must hold one message"),
        (IMPORT_UNPAIRED, labelled("p", "x", "yes"), "label must be true or false, not 'yes'"),
        (IMPORT_UNPAIRED, labelled("p", "x", 2), "label must be true or false, not 2"),
        (IMPORT_UNPAIRED, labelled("p", "x", None), "label is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, form: ImportFormat, row: Any, said: str
) -> None:
    good = {IMPORT_TRL.id: GOOD, IMPORT_OPENAI.id: ASKED}.get(form.id, labelled("p", "x", label=True))
    with pytest.raises(UserError, match=said) as caught:
        votes(form, write(tmp_path, good, row))
    assert caught.value.where == "rows.jsonl, line 2"
