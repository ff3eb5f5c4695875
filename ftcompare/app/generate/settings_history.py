"""With which settings the responses that stand were written, in numbers and in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ftcompare.engine.protocol import GenerationSettings

Translate = Callable[[str], str]

DRAW = "With temperature 0 all samples of a prompt are alike: choose a temperature."


@dataclass(frozen=True, slots=True)
class SettingsUse:
    """Settings, and how many of the study's prompts have a response that was written with them.

    Args:
        settings: as `text_settings`.
        prompts: at least 1; a prompt that was answered with several settings counts for each.
    """

    settings: GenerationSettings
    prompts: int


def text_settings(settings: GenerationSettings) -> GenerationSettings:
    """The part on which a text depends; the rest is as by default.

    Not the number of samples, nor how many are written at a time; and of draws only where any are made.
    """
    kept = GenerationSettings(
        max_new_tokens=settings.max_new_tokens,
        repetition_penalty=settings.repetition_penalty,
        stop=settings.stop,
    )
    if not settings.temperature:
        return kept
    return GenerationSettings(
        max_new_tokens=settings.max_new_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        top_k=settings.top_k,
        min_p=settings.min_p,
        repetition_penalty=settings.repetition_penalty,
        stop=settings.stop,
        coupling=settings.coupling,
        seed=settings.seed,
    )


def repeats_itself(chosen: GenerationSettings, before: GenerationSettings | None, samples: int) -> bool:
    """Whether samples are asked for that would only be alike. A study that was begun so may go on.

    Args:
        chosen: what is asked for.
        before: settings of the last run; None before the first.
        samples: how many of a prompt the study is to have so far.
    """
    if chosen.samples == 1 or chosen.temperature:
        return False
    return before is None or bool(before.temperature) or samples < chosen.samples


def settings_words(settings: GenerationSettings, tr: Translate = str) -> str:
    """Settings in one line: the length and the draws, and of the rest what is not as usual."""
    usual = GenerationSettings()
    drawn = (*_drawn_words(settings, tr),) if settings.temperature else (tr("greedy"),)
    more = (
        (settings.samples != 1, tr("{0} samples").format(settings.samples)),
        (
            settings.repetition_penalty != usual.repetition_penalty,
            tr("repetition penalty {0:g}").format(settings.repetition_penalty),
        ),
        (len(settings.stop) == 1, tr("1 stop text")),
        (len(settings.stop) > 1, tr("{0} stop texts").format(len(settings.stop))),
        (bool(settings.batch_prompts), tr("batch {0}").format(settings.batch_prompts)),
        (settings.strict, tr("strict")),
    )
    longest = tr("at most {0:,} tokens").format(settings.max_new_tokens)
    return ", ".join((longest, *drawn, *(words for said, words in more if said)))


def _drawn_words(settings: GenerationSettings, tr: Translate) -> tuple[str, ...]:
    """What acts only where words are drawn."""
    parts = (
        (True, tr("temperature {0:g}").format(settings.temperature)),
        (True, tr("seed {0}").format(settings.seed)),
        (settings.top_p < 1, tr("top-p {0:g}").format(settings.top_p)),
        (bool(settings.top_k), tr("top-k {0}").format(settings.top_k)),
        (settings.min_p > 0, tr("min-p {0:g}").format(settings.min_p)),
        (settings.coupling == "independent", tr("independent draws")),
    )
    return tuple(words for said, words in parts if said)


def uses_words(uses: Sequence[SettingsUse], tr: Translate = str) -> str:
    """The settings of all responses; where they differ, each with its prompts."""
    if len(uses) == 1:
        return settings_words(uses[0].settings, tr)
    return "; ".join(f"{_prompts(use, tr)}: {settings_words(use.settings, tr)}" for use in uses)


def mixed_words(uses: Sequence[SettingsUse], chosen: GenerationSettings, tr: Translate = str) -> str:
    """What stands that was written otherwise than is chosen; empty where nothing was.

    Two settings may differ in their stop texts alone, which are not told word for word.
    """
    others = [use for use in uses if use.settings != text_settings(chosen)]
    if not others:
        return ""
    return tr("Already answered with other settings: {0}. Results count all together.").format(
        "; ".join(f"{_prompts(use, tr)} ({settings_words(use.settings, tr)})" for use in others)
    )


def _prompts(use: SettingsUse, tr: Translate) -> str:
    return tr("1 prompt") if use.prompts == 1 else tr("{0:,} prompts").format(use.prompts)
