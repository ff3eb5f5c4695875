"""Practice pairs and gold items: what is read, and what a bad line gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import GoldItem, PracticeItem
from ftcompare.core.scale import Choice
from ftcompare.core.study import Message
from ftcompare.formats.practice_and_gold import MAX_GOLD, read_gold, read_practice
from ftcompare.formats.prompts import read_prompt_file

ASKED = (Message("user", "Why?"),)


def file(folder: Path, *lines: object) -> Path:
    path = folder / "material.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def test_practice_pairs_with_and_without_an_expected_answer(tmp_path: Path) -> None:
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    path = file(
        tmp_path,
        {"prompt": "Why?", "left": "So.", "right": "Thus.", "expected": "Both-Bad", "because": " Neither. "},
        "",
        {"messages": chat, "left": "A", "right": "B"},
    )
    assert read_practice(path) == (
        PracticeItem(ASKED, "So.", "Thus.", Choice.BOTH_BAD, "Neither."),
        PracticeItem((Message("system", "Be brief."), Message("user", "Hi")), "A", "B"),
    )


def test_gold_items_keep_their_texts_as_written(tmp_path: Path) -> None:
    path = file(tmp_path, {"prompt": "Why?", "better": " So.\n", "worse": "Hm."})
    assert read_gold(path) == (GoldItem(ASKED, " So.\n", "Hm."),)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"prompt": "Why?", "left": "A"}, "right is missing"),
        ({"prompt": "Why?", "left": " ", "right": "B"}, "left is empty"),
        ({"left": "A", "right": "B"}, "prompt is missing"),
        ({"prompt": "Why?", "messages": [], "left": "A", "right": "B"}, "both a prompt and messages"),
        ({"prompt": "Why?", "left": "A", "right": "B", "expected": "a"}, "must be left, right, tie or both"),
        ({"prompt": "Why?", "left": "A", "right": "B", "becuase": "x"}, "There is no field 'becuase'"),
        ({"prompt": "Why?", "left": "A", "right": 3}, "right must be text"),
        ("not JSON", "This is not JSON"),
    ],
)
def test_a_bad_practice_pair_is_named_by_its_line(tmp_path: Path, line: object, told: str) -> None:
    good = {"prompt": "Why?", "left": "A", "right": "B"}
    with pytest.raises(UserError, match=told) as caught:
        read_practice(file(tmp_path, good, line))
    assert caught.value.where == "material.jsonl, line 2"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"prompt": "Who?", "better": "A"}, "worse is missing"),
        ({"prompt": "Who?", "better": "A", "worse": "A "}, "are the same"),
        ({"prompt": "Who?", "better": "A", "worse": "B", "id": "x"}, "There is no field 'id'"),
    ],
)
def test_a_bad_gold_item_is_named_by_its_line(tmp_path: Path, line: object, told: str) -> None:
    with pytest.raises(UserError, match=told) as caught:
        read_gold(file(tmp_path, {"prompt": "Why?", "better": "A", "worse": "B"}, line))
    assert caught.value.where == "material.jsonl, line 2"


def test_more_than_can_be_used_is_refused_at_its_line(tmp_path: Path) -> None:
    pair = {"prompt": "Why?", "left": "A", "right": "B"}
    assert len(read_practice(file(tmp_path, *[pair] * 20))) == 20
    with pytest.raises(UserError, match="more than 20 practice pairs") as caught:
        read_practice(file(tmp_path, *[pair] * 21))
    assert caught.value.where.endswith("line 21")
    many = [{"prompt": f"Why {n}?", "better": "A", "worse": "B"} for n in range(MAX_GOLD + 1)]
    with pytest.raises(UserError, match="more than 1,000 gold items"):
        read_gold(file(tmp_path, *many))


def test_an_empty_file_says_what_should_be_in_it(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_gold(file(tmp_path, ""))
    assert '"better"' in caught.value.how


def test_columns_that_are_not_used_are_named(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("prompt,Topic,split,lang\nWhy?,heart,trained,en\n", encoding="utf-8")
    found = read_prompt_file(path)
    assert found.unused == ("Topic", "lang")
    assert [prompt.text for prompt in found.prompts] == ["Why?"]


def test_fields_that_only_some_lines_have_are_named_too(tmp_path: Path) -> None:
    path = file(tmp_path, {"prompt": "Why?", "id": "a"}, {"prompt": "Who?", "tokens": 3, "categroy": "x"})
    assert read_prompt_file(path).unused == ("tokens", "categroy")
