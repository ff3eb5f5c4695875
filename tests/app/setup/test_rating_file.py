"""A study's rating as a TOML file: what it may say, and what a wrong one gets."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.setup.new_study import StudyPlan, create_study
from ftcompare.app.setup.rating_file import KEYS, RatingFile, read_rating_file
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import (
    ContextShown,
    ConversationJudged,
    LiveHistory,
    PracticeItem,
    RatingDesign,
    ReferenceShown,
)
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message

WHOLE = '''
question = "Which would you send?"
strengths = 2
criteria = ["accuracy", " safety "]
reasons = ["too long"]
instructions = """
Read both.
Be kind.
"""
raters = 3
judgments_per_pair = 2
repeats = 0.1
controls = 0.05
gold = 0.04
gold_file = "gold.jsonl"
guesses_at_end = 6
guess_share = 0.08
reference = "on_key"
context = "open"
expectation = false
conversations = "last"
live_history = "better"

[[practice]]
prompt = "Why?"
left = "So."
right = "Thus."
expected = "left"
because = "Left is right."
'''


def toml(folder: Path, text: str) -> Path:
    path = folder / "rating.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_with_every_setting(tmp_path: Path) -> None:
    found = read_rating_file(toml(tmp_path, WHOLE))
    item = PracticeItem((Message("user", "Why?"),), "So.", "Thus.", Choice.LEFT, "Left is right.")
    assert found == RatingFile(
        Scale("Which would you send?", 2, ("accuracy", "safety"), ("too long",)),
        RatingDesign(
            raters=3,
            each=2,
            repeats=0.1,
            controls=0.05,
            gold=0.04,
            guess_share=0.08,
            end_guesses=6,
            instructions="Read both.\nBe kind.",
            practice=(item,),
            reference=ReferenceShown.ON_KEY,
            context=ContextShown.OPEN,
            expectation=False,
            conversations=ConversationJudged.LAST,
            live_history=LiveHistory.BETTER,
        ),
        tmp_path / "gold.jsonl",
    )
    assert set(re.findall(r"^\[*(\w+)", WHOLE, re.MULTILINE)) >= set(KEYS)


def test_an_empty_file_is_a_plain_study(tmp_path: Path) -> None:
    assert read_rating_file(toml(tmp_path, "")) == RatingFile(Scale(), RatingDesign())


def test_practice_may_stand_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "Why?", "left": "A", "right": "B"}\n', encoding="utf-8")
    found = read_rating_file(toml(tmp_path, 'practice = "p.jsonl"'))
    assert [item.left for item in found.design.practice] == ["A"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("question = ", "This is not TOML"),
        ("\n\nfoo = 1", "'foo' is no setting."),
        ('question = " "', "question is empty"),
        ("question = 3", "question must be text, not 3"),
        ("criteria = 'accuracy'", "criteria must be a list of texts"),
        ("criteria = ['a', 'A']", "needs words of its own"),
        ("strengths = 4", "1 to 3 strengths, not 4"),
        ("raters = 2.5", "raters must be a whole number"),
        ("raters = true", "raters must be a whole number"),
        ("judgments_per_pair = 2", "2 judgments a pair need at least 2 raters"),
        ("repeats = 10", "repeats must be a number below 1, not 10."),
        ("repeats = 0.7", "0% to 50%, not 70%"),
        ("repeats = nan", "repeats must be a number below 1, not nan."),
        ("gold_file = 'g.jsonl'", "gold is 0: nobody would see them"),
        ("practice = 3", "practice must be the name of a file"),
        ("[[practice]]\nprompt = 'Why?'\nleft = 'A'", "right is missing"),
        ("a = " + "[" * 3000, "This is not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_the_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        read_rating_file(toml(tmp_path, text))
    assert told in caught.value.what
    assert caught.value.where.startswith("rating.toml")


def test_a_line_of_toml_is_counted_from_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"at line 3"):
        read_rating_file(toml(tmp_path, "# one\r\n\r\nquestion = ?"))


def test_a_file_that_is_named_and_missing_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_rating_file(toml(tmp_path, 'practice = "none.jsonl"'))
    assert "practice names the file 'none.jsonl'" in caught.value.what


def test_a_bad_gold_file_leaves_no_study(tmp_path: Path, rng: Random, now: datetime) -> None:
    (tmp_path / "g.jsonl").write_text('{"prompt": "Why?"}', encoding="utf-8")
    plan = StudyPlan("t", design=RatingDesign(gold=0.1), gold=tmp_path / "g.jsonl")
    with pytest.raises(UserError, match="better is missing"):
        create_study(tmp_path / "s.ftstudy", plan, rng=rng, now=now)
    assert not (tmp_path / "s.ftstudy").exists()
