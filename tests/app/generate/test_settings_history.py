"""Responses that were written with different settings are told apart, by the prompts that have them."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

import pytest

from ftcompare.app.generate.generation_state import settings_in_use
from ftcompare.app.generate.settings_history import (
    SettingsUse,
    mixed_words,
    repeats_itself,
    text_settings,
    uses_words,
)
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer

GREEDY = GenerationSettings()
DRAWN = GenerationSettings(temperature=0.8, seed=5)


def write(study: StudyFile, settings: GenerationSettings, prompts: slice, now: datetime) -> None:
    run = study.runs.start({"settings": asdict(settings)}, now=now)
    for prompt in study.prompts.all()[prompts]:
        answer(study, prompt, ("An answer." for s in study.systems.all()), run=run)


def test_a_mix_is_counted_by_prompts_in_the_order_of_the_runs(empty_study: StudyFile, now: datetime) -> None:
    assert settings_in_use(empty_study) == ()
    write(empty_study, GREEDY, slice(0, 2), now)
    write(empty_study, replace(GREEDY, strict=True, batch_prompts=4, samples=3, seed=9), slice(2, 4), now)
    assert settings_in_use(empty_study) == (SettingsUse(GREEDY, 4),)
    assert uses_words(settings_in_use(empty_study)) == "up to about 770 words, no randomness"
    write(empty_study, DRAWN, slice(4, 5), now)
    assert uses_words(settings_in_use(empty_study)) == (
        "4 prompts: up to about 770 words, no randomness; "
        "1 prompt: up to about 770 words, temperature 0.8, seed 5"
    )


def test_before_writing_it_is_told_what_was_written_otherwise(empty_study: StudyFile, now: datetime) -> None:
    write(empty_study, GREEDY, slice(0, 2), now)
    uses = settings_in_use(empty_study)
    assert mixed_words(uses, replace(GREEDY, strict=True)) == ""
    assert mixed_words(uses, DRAWN) == (
        "Already answered with other settings: 2 prompts (up to about 770 words, no randomness). "
        "Results combine all of them."
    )


def test_a_longer_limit_is_no_other_setting_for_what_was_not_cut(
    empty_study: StudyFile, now: datetime
) -> None:
    write(empty_study, replace(GREEDY, max_new_tokens=64), slice(0, 2), now)
    uses = settings_in_use(empty_study)
    told = mixed_words(uses, GREEDY)
    assert told.startswith("Generated before with a shorter limit (up to about 48 words)")
    assert "other settings" not in told
    assert mixed_words(uses, replace(GREEDY, max_new_tokens=8)).startswith("Already answered with other")
    assert mixed_words(uses, DRAWN).startswith("Already answered with other settings")


@pytest.mark.parametrize(
    "other",
    [
        {"max_new_tokens": 8}, {"temperature": 0.5}, {"top_p": 0.9}, {"top_k": 4}, {"min_p": 0.1},
        {"repetition_penalty": 1.2}, {"stop": ("\n",)}, {"coupling": "independent"}, {"seed": 6},
    ],
)  # fmt: skip
def test_each_setting_on_which_a_text_depends_makes_a_mix(other: dict[str, object]) -> None:
    changed = GenerationSettings(**{**asdict(DRAWN), **other})
    assert text_settings(changed) != text_settings(DRAWN)


def test_samples_that_would_be_alike_are_known_and_a_study_begun_so_goes_on() -> None:
    three = replace(GREEDY, samples=3)
    assert repeats_itself(three, None, 1)
    assert repeats_itself(three, GREEDY, 1)
    assert repeats_itself(three, replace(DRAWN, samples=3), 3)
    assert not repeats_itself(three, three, 3)
    assert not repeats_itself(replace(three, temperature=0.8), None, 1)
    assert not repeats_itself(GREEDY, None, 1)
