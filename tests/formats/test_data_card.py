"""The data card: read by a person, and by a program."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ftcompare.formats import data_card
from ftcompare.formats.data_card import DataCard

CARD = DataCard(
    title="Ward 3",
    format="trl-preference",
    written_at="2026-05-31T14:05:00+00:00",
    version="0.1.0",
    systems=(
        ("base", "tiny-llama", "ab12"),
        ("cardiology", "tiny-llama + lora", "cd34"),
        ("old", "imported", ""),
    ),
    prompts=1200,
    judgments=240,
    raters=2,
    kept=81,
    dropped={"tie": 20, "held out": 1019},
    filters=("at least 2 raters", "held-out prompts left out"),
    agreement="78% of 120 pairs judged by several raters",
    notice="Demonstration model, not medical advice",
)


def machine_readable(text: str) -> dict[str, Any]:
    _, block = text.split("```json\n")
    content: dict[str, Any] = json.loads(block.removesuffix("\n```\n"))
    return content


def test_a_person_reads_what_the_file_is(tmp_path: Path) -> None:
    path = data_card.write(tmp_path / "train.jsonl", CARD)
    assert path == tmp_path / "train.jsonl.card.md"
    text = path.read_text(encoding="utf-8")
    for said in (
        "# Data card: train.jsonl\n\n**Demonstration model, not medical advice**\n\n"
        "81 rows in the format *trl-preference*, exported from the study *Ward 3* "
        "at 2026-05-31T14:05:00+00:00 by FTCompare 0.1.0.\n",
        "## Systems\n\n| name | what it is | digest |\n|---|---|---|\n| base | tiny-llama | ab12 |\n",
        "| old | imported | none |\n",
        "- prompts: 1,200\n- judgments: 240\n- raters: 2\n",
        "## Agreement between raters\n\n- 78% of 120 pairs judged by several raters\n",
        "- at least 2 raters\n- held-out prompts left out\n",
        "| tie | 20 |\n| held out | 1,019 |\n| together | 1,039 |\n",
    ):
        assert said in text


def test_pairs_and_judgments_that_were_left_out_are_not_added_up() -> None:
    card = replace(CARD, dropped={"judgments by excluded raters": 7, "tie": 20})
    text = data_card.render(card, "train.jsonl")
    assert "| judgments by excluded raters | 7 |\n| tie | 20 |\n" in text
    assert "together" not in text


def test_a_program_reads_the_same() -> None:
    content = machine_readable(data_card.render(CARD, "train.jsonl"))
    assert content == json.loads(json.dumps({"file": "train.jsonl", **asdict(CARD)}))


def test_sections_without_content_are_left_out() -> None:
    bare = replace(CARD, notice="", agreement="", filters=(), systems=(), dropped={}, kept=1)
    text = data_card.render(bare, "x.csv")
    assert "**" not in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## What the study holds",
        "## What was left out",
        "## The same for programs",
    ]
    assert "1 row in the format" in text
    assert "## What was left out\n\nNothing.\n" in text


def test_names_stand_as_plain_text_whatever_they_hold() -> None:
    evil = "a|b ![x](file:///etc/passwd)\n# <b>`run`</b> \u202etxt\n```json"
    text = data_card.render(replace(CARD, title=evil, systems=((evil, evil, evil),)), evil)
    prose = text[: text.index("## The same for programs")]
    plain = r"a\|b \!\[x\](file:///etc/passwd) \# \<b\>\`run\`\</b\> " + r"\\u202etxt \`\`\`json"
    assert prose.count(plain) == 5
    assert text.count("\n```json\n") == 1
    assert machine_readable(text)["title"] == evil


def test_hubs_of_datasets_read_its_header() -> None:
    told = replace(CARD, licence="cc-by-4.0", language="en", task="text-generation")
    text = data_card.render(told, "train.jsonl")
    header = text.split("---\n")[1]
    assert header.splitlines() == [
        'license: "cc-by-4.0"',
        'language: "en"',
        'task_categories: ["text-generation"]',
        'size_categories: ["n<1K"]',
    ]
    assert text.startswith("---\n")


def test_files_are_named_with_rows_and_checksums() -> None:
    text = data_card.render(replace(CARD, files={"a.jsonl": 1200}, checksums={"a.jsonl": "ab"}), "a.jsonl")
    assert "| a.jsonl | 1,200 | ab |" in text
