"""Settings of text generation and their bounds; the same for command line, window and stored runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

Coupling: TypeAlias = Literal["coupled", "independent"]

MOST_TOKENS = 32_768
MOST_SAMPLES = 100
"""Responses of a system to one prompt that may be asked for: every look at a study counts what is missing."""
MOST_BATCH = 4096
MOST_TOP_K = 1_000_000
LARGEST_SEED = 2**31 - 1

_WHOLE = {
    "max_new_tokens": (1, MOST_TOKENS),
    "max_reasoning_tokens": (0, MOST_TOKENS),
    "top_k": (0, MOST_TOP_K),
    "samples": (1, MOST_SAMPLES),
    "seed": (0, LARGEST_SEED),
    "batch_prompts": (0, MOST_BATCH),
}
_LEAST = math.ulp(0.0)
_DECIMAL = {
    "temperature": (0.0, math.inf),
    "top_p": (_LEAST, 1.0),
    "min_p": (0.0, 1.0),
    "repetition_penalty": (_LEAST, math.inf),
}


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How responses are generated; the same for every system.

    Args:
        max_new_tokens: a response is cut after this many (``finish_reason`` "length").
        temperature: 0 is greedy; above, sampling.
        top_p: share of the probability that sampling draws from, above 0 and up to 1.
        top_k: sampling draws from so many of the likeliest tokens; 0 for all.
        min_p: tokens less likely than this share of the likeliest are not drawn, 0 to 1.
        repetition_penalty: divides the logits of tokens that came before (Keskar et al. 2019); 1 is none.
        stop: a response ends before the first of these texts.
        samples: responses a prompt, each drawn by its own stream.
        coupling: "coupled": the systems share one stream of draws; "independent": each has its own.
        seed: with the item's key, the sample and the position it fixes every draw.
        batch_prompts: prompts generated at a time; 0 sizes the batch by measuring memory. It is halved
            when memory runs out.
        strict: a response does not depend on what else is generated at the same time, at the cost of speed.
        max_reasoning_tokens: a response whose reasoning is not closed after so many ends without an answer
            (``finish_reason`` "no_answer"); the answer then has all of ``max_new_tokens``. 0: reasoning and
            answer share those.
    """

    max_new_tokens: int = 1024
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()
    samples: int = 1
    coupling: Coupling = "coupled"
    seed: int = 0
    batch_prompts: int = 0
    strict: bool = False
    max_reasoning_tokens: int = 0

    @property
    def most_tokens(self) -> int:
        """Reasoning and answer together."""
        return self.max_new_tokens + self.max_reasoning_tokens


def fits(name: str, value: object) -> bool:
    """Whether a setting can have a value, which may be anything."""
    if name in _WHOLE:
        least, most = _WHOLE[name]
        return type(value) is int and least <= value <= most
    if name in _DECIMAL:
        low, high = _DECIMAL[name]
        return type(value) in (int, float) and low <= cast("float", value) <= high and value != math.inf
    if name == "stop":
        return isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
    if name == "coupling":
        return value in ("coupled", "independent")
    return name == "strict" and isinstance(value, bool)


def read_settings(stored: object) -> GenerationSettings:
    """Settings from JSON; what it does not say, or what cannot be, is as by default."""
    values = stored if isinstance(stored, dict) else {}
    found: dict[str, Any] = {name: value for name, value in values.items() if fits(name, value)}
    return GenerationSettings(**{**found, "stop": tuple(found.get("stop", ()))})
