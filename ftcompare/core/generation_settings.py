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
    response cut at its length has the ``finish_reason`` "length"; with too long reasoning, "no_answer".
    """

    max_new_tokens: int = setting(
        1024,
        "Longest answer",
        "Maximum length of an answer in tokens. Longer answers are cut.",
        low=1,
        high=MOST_TOKENS,
        step=32,
    )
    temperature: float = setting(
        0.0, "Temperature", "Randomness of sampling. 0: none.", low=0.0, form_high=2.0, step=0.1
    )
    top_p: float = setting(
        1.0,
        "Top-p",
        "Sample only from the most likely tokens that together have this probability. 1 disables the limit.",
        low=0.0,
        above=True,
        high=1.0,
        form_low=0.01,
        step=0.05,
    )
    top_k: int = setting(
        0,
        "Top-k",
        "Number of most likely tokens to sample from. 0: all.",
        low=0,
        high=MOST_TOP_K,
        lowest="all",
    )
    min_p: float = setting(
        0.0,
        "Min-p",
        "Exclude tokens whose probability is below this share of the most likely token's.",
        low=0.0,
        high=1.0,
        step=0.05,
    )
    repetition_penalty: float = setting(
        1.0,
        "Repetition",
        "Values above 1 make repeated tokens less likely. 1 disables the penalty.",
        low=0.0,
        above=True,
        form_low=0.1,
        form_high=5.0,
        step=0.05,
    )
    stop: tuple[str, ...] = setting(
        (), "Stop texts, one per line", "An answer ends before the first of these texts. \\n is a line break."
    )
    samples: int = setting(
        1, "Samples", "Number of answers of each system to each prompt.", low=1, high=MOST_SAMPLES
    )
    coupling: Coupling = setting(
        "coupled",
        "Draws",
        "Whether all systems use the same random numbers, which reduces differences by chance.",
        choices=(("shared", "coupled"), ("independent", "independent")),
    )
    seed: int = setting(0, "Seed", "The same seed gives the same random draws.", low=0, high=LARGEST_SEED)
    batch_prompts: int = setting(
        0,
        "Batch",
        "Number of prompts in a batch. 0 chooses it by free memory.",
        low=0,
        high=MOST_BATCH,
        lowest="by memory",
    )
    strict: bool = setting(
        False,
        "Strict: no answer depends on its batch",
        "Make each answer independent of the other answers in its batch. Slower.",
    )
    max_reasoning_tokens: int = setting(
        0,
        "Reasoning",
        "Maximum length of the reasoning before an answer, in tokens. 0: reasoning and answer share one "
        "limit.",
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
