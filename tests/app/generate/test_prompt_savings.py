"""What a fine-tune saves beside a prompted base: worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.generate.speed_and_savings import (
    Prices,
    owner_table,
    owner_table_json,
    prompt_saving,
    saving_lines,
)
from ftcompare.core.hashing import Json
from ftcompare.engine.protocol import AnswerTime, SystemSpeed
from ftcompare.store.study.engine_runs import MEASURED
from ftcompare.store.study.study_file import StudyFile
from tests.app.prompted_study import prompted_study
from tests.builders import present

PRICES = Prices(0.5, 1.5, training=60)
EUROS = replace(PRICES, currency="EUR")


def speed(
    tokens: int | None, first: float | None = None, prompts: int = 4, written: int | None = 40
) -> SystemSpeed:
    return SystemSpeed("1", prompts, tokens, written, first, 9.0, None, prompts)


def test_tokens_time_and_money_are_those_of_the_prompt_alone() -> None:
    saving = present(prompt_saving("tuned", "prompted", (speed(80, 0.01), speed(1280, 0.035)), EUROS))
    assert (saving.tokens, saving.base_tokens, saving.fewer) == (20, 320, 300)
    assert saving.seconds == pytest.approx(0.025)
    assert saving.money == pytest.approx(0.00015)
    assert saving.break_even == 400_000
    assert [*saving_lines(saving)] == [
        "tuned reads 20.0 tokens of prompt an answer, prompted 320.0: 300.0 fewer, 300,000 on 1,000 answers.",
        "It writes 10.0 tokens an answer, prompted 10.0: 0.0 fewer, 0 on 1,000 answers.",
        "The prompt alone saves 0.000150 EUR an answer, 0.1500 EUR on 1,000 answers.",
        "With the tokens written tuned saves 0.000150 EUR an answer, 0.1500 EUR on 1,000 answers.",
        "A training cost of 60.00 EUR is recovered after 400,000 answers.",
    ]


def test_a_longer_prompt_never_pays_for_the_training() -> None:
    saving = present(prompt_saving("tuned", "prompted", (speed(1280, 0.035), speed(80, 0.01)), PRICES))
    assert saving.break_even is None
    assert [*saving_lines(saving)] == [
        "tuned reads 320.0 tokens of prompt an answer, prompted 20.0: 300.0 more, 300,000 on 1,000 answers.",
        "It writes 10.0 tokens an answer, prompted 10.0: 0.0 fewer, 0 on 1,000 answers.",
        "The prompt alone costs 0.000150 more an answer, 0.1500 on 1,000 answers.",
        "With the tokens written tuned costs 0.000150 more an answer, 0.1500 on 1,000 answers.",
        "A training cost of 60.00 is never recovered: an answer of tuned is not cheaper than one of "
        "prompted.",
    ]


def test_the_training_is_paid_for_by_the_whole_answer_and_not_by_the_prompt_alone() -> None:
    """300 tokens of prompt at 0.5 a million are 0.00015; 50 tokens written at 1.5 are 0.000075."""
    both = speed(80, written=240), speed(1280, written=40)
    saving = present(prompt_saving("tuned", "prompted", both, EUROS))
    assert saving.whole_money == pytest.approx(0.000075)
    assert saving.break_even == 800_000
    assert [*saving_lines(saving)][1:] == [
        "It writes 60.0 tokens an answer, prompted 10.0: 50.0 more, 50,000 on 1,000 answers.",
        "The prompt alone saves 0.000150 EUR an answer, 0.1500 EUR on 1,000 answers.",
        "With the tokens written tuned saves 0.000075 EUR an answer, 0.0750 EUR on 1,000 answers.",
        "A training cost of 60.00 EUR is recovered after 800,000 answers.",
    ]


@pytest.mark.parametrize("written", [440, 800])
def test_a_fine_tune_that_writes_as_much_more_as_its_prompt_saves_never_pays(written: int) -> None:
    """From 100 tokens more on at 1.5 a million: 0.00015, as much as the prompt saves."""
    both = speed(80, written=written), speed(1280, written=40)
    saving = present(prompt_saving("tuned", "prompted", both, PRICES))
    assert saving.break_even is None
    *_, alone, _, paid = saving_lines(saving)
    assert alone.startswith("The prompt alone saves 0.000150 an answer")
    assert paid == (
        "A training cost of 60.00 is never recovered: an answer of tuned is not cheaper than one of prompted."
    )


def test_without_a_count_of_what_is_written_it_is_not_known_when_the_training_is_paid_for() -> None:
    both = speed(80, written=None), speed(1280)
    saving = present(prompt_saving("tuned", "prompted", both, PRICES))
    assert (saving.fewer_written, saving.whole_money, saving.break_even) == (None, None, None)
    assert [*saving_lines(saving)][1:] == [
        "The prompt alone saves 0.000150 an answer, 0.1500 on 1,000 answers.",
        "It is not known when a training cost of 60.00 is recovered, because generated tokens were not "
        "counted.",
    ]


def test_what_was_not_measured_is_not_told() -> None:
    assert prompt_saving("tuned", "prompted", (speed(None), speed(80))) is None
    assert prompt_saving("tuned", "prompted", (speed(80), speed(80, prompts=0))) is None
    saving = present(prompt_saving("tuned", "prompted", (speed(80), speed(80, 0.1))))
    assert len([*saving_lines(saving)]) == 2


def timed(tokens: int, seconds: list[float], repeats: int = 3) -> SystemSpeed:
    """Answers to one prompt each, which take a millisecond longer each time that they are repeated."""
    answers = tuple(
        AnswerTime(str(prompt), repeat, one + repeat / 1000, None)
        for prompt, one in enumerate(seconds)
        for repeat in range(repeats)
    )
    return replace(speed(tokens, seconds[0], len(seconds)), answers=answers)


UNEQUAL = [0.120, 0.019, 0.031, 0.022, 0.090, 0.025, 0.018, 0.021]
"""Seconds to the first token of equally long prompts on a busy machine: they differ by up to 101 ms."""


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (
            [UNEQUAL[-1], *UNEQUAL[:-1]],  # the same times on other prompts
            "Time to the first token: no clear difference between tuned and prompted.",
        ),
        (
            [0.010 + one for one in UNEQUAL],
            "Time to the first token: on the same prompt, tuned is typically slower than prompted by 10.0 ms "
            "(95% interval 10.0 ms to 10.0 ms, 8 prompts).",
        ),
        (
            [one / 2 for one in UNEQUAL],
            "Time to the first token: on the same prompt, tuned is typically faster than prompted by 11.8 ms "
            "(95% interval 9.0 ms to 60.0 ms, 8 prompts).",
        ),
        (UNEQUAL[1:6], ""),  # five prompts in common
    ],
)
def test_a_first_token_is_called_sooner_only_where_the_interval_shows_it(
    own: list[float], sentence: str
) -> None:
    saving = present(prompt_saving("tuned", "prompted", (timed(80, own), timed(80, UNEQUAL))))
    assert [*saving_lines(saving)][2:] == ([sentence] if sentence else [])


def test_the_owners_table_has_each_fine_tune_beside_each_prompted_base(tmp_path: Path, now: datetime) -> None:
    with StudyFile.open(prompted_study(tmp_path / "s.ftstudy"), now=now) as study:
        speeds: list[Json] = [
            {
                "system": str(system.id),
                "prompts": 2,
                "prompt_tokens": tokens,
                "tokens": written,
                "first_token_seconds": 0.1,
                "tokens_per_second": 9.0,
                "memory_bytes": None,
                "ended": 2,
            }
            for system, tokens, written in zip(study.systems.all(), (40, 640, 40), (10, 10, 60), strict=True)
        ]
        record: dict[str, Json] = {"settings": {}, "prompts": 2, "groups": [], "speeds": speeds}
        study.scores.add_examination(MEASURED, record, now=now)
        table = owner_table(study, Prices(read=1.0, written=2.0, currency="EUR", training=3.0))
    assert [(one.fine_tune, one.base, one.break_even) for one in table.savings] == [
        ("cardiology", "prompted", 12_000)
    ]
    assert owner_table_json(table)["savings"] == [
        {
            "fine_tune": "cardiology",
            "base": "prompted",
            "prompt_tokens": 20.0,
            "base_prompt_tokens": 320.0,
            "written_tokens": 30.0,
            "base_written_tokens": 5.0,
            "saved_per_answer": {
                "prompt_tokens": 300.0,
                "written_tokens": -25.0,
                "seconds": 0.0,
                "money": 0.0003,
                "whole_money": pytest.approx(0.00025),
            },
            "saved_per_1000_answers": {
                "prompt_tokens": 300_000.0,
                "written_tokens": -25_000.0,
                "seconds": 0.0,
                "money": pytest.approx(0.3),
                "whole_money": pytest.approx(0.25),
            },
            "break_even_answers": 12_000,
            "first_token_difference": None,
        }
    ]
