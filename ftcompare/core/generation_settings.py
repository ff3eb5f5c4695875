"""Settings of text generation and their bounds, shared by command line, window and stored runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ftcompare.core.fields import fields_of, setting

Coupling: TypeAlias = Literal["coupled", "independent"]

MOST_TOKENS = 32_768
MOST_SAMPLES = 100  # maximum number of responses per system and prompt; views count the missing ones
MOST_BATCH = 4096
MOST_TOP_K = 1_000_000
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How responses are generated; equal for every system.

    A draw is determined by the seed, the item's key, the sample and the position. The batch is halved when
    memory runs out. The repetition penalty divides the logits of earlier tokens (Keskar et al. 2019). A
    response cut at its length has the ``finish_reason`` "length"; one whose reasoning is too long has
    "no_answer".
    """

    max_new_tokens: int = setting(
        1024,
        "Longest answer",
        "Maximum answer length in tokens; a longer one is cut.",
        low=1,
        high=MOST_TOKENS,
        step=32,
    )
    temperature: float = setting(
        0.0, "Temperature", "0 takes the likeliest token each time.", low=0.0, form_high=2.0, step=0.1
    )
    top_p: float = setting(
        1.0,
        "Top-p",
        "Sample from this share of the likeliest tokens; 1: from all.",
        low=0.0,
        above=True,
        high=1.0,
        form_low=0.01,
        step=0.05,
    )
    top_k: int = setting(
        0,
        "Top-k",
        "Sample from this many of the likeliest tokens; 0: from all.",
        low=0,
        high=MOST_TOP_K,
        lowest="all",
    )
    min_p: float = setting(
        0.0, "Min-p", "Skip tokens below this share of the likeliest one.", low=0.0, high=1.0, step=0.05
    )
    repetition_penalty: float = setting(
        1.0,
        "Repetition",
        "Above 1 holds back what came before; 1: off.",
        low=0.0,
        above=True,
        form_low=0.1,
        form_high=5.0,
        step=0.05,
    )
    stop: tuple[str, ...] = setting(
        (), "Stop texts, one a line", "An answer ends before the first of these. \\n stands for a line break."
    )
    samples: int = setting(1, "Samples", "Answers of each system to each prompt.", low=1, high=MOST_SAMPLES)
    coupling: Coupling = setting(
        "coupled",
        "Draws",
        "Shared by the systems: less chance between them.",
        choices=(("shared", "coupled"), ("independent", "independent")),
    )
    seed: int = setting(0, "Seed", "The same seed draws the same tokens.", low=0, high=LARGEST_SEED)
    batch_prompts: int = setting(
        0,
        "Batch",
        "Prompts written at the same time; 0: by memory.",
        low=0,
        high=MOST_BATCH,
        lowest="by memory",
    )
    strict: bool = setting(
        False,
        "Strict: no answer depends on its neighbours",
        "Slower. Otherwise what is written beside an answer can change it a little.",
    )
    max_reasoning_tokens: int = setting(
        0,
        "Reasoning",
        "Maximum length in tokens, before the answer; 0: shared with the answer.",
        low=0,
        high=MOST_TOKENS,
        step=32,
        lowest="shared",
    )

    @property
    def most_tokens(self) -> int:
        return self.max_new_tokens + self.max_reasoning_tokens


def fits(name: str, value: object) -> bool:
    field = fields_of(GenerationSettings).get(name)
    return field is not None and field.accepts(value)


def read_settings(stored: object) -> GenerationSettings:
    """Read settings from JSON; what is missing or not permitted gets its default."""
    values = stored if isinstance(stored, dict) else {}
    found: dict[str, Any] = {name: value for name, value in values.items() if fits(name, value)}
    return GenerationSettings(**{**found, "stop": tuple(found.get("stop", ()))})
