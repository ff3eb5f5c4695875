"""Settings of text generation and their bounds, shared by command line, window and stored runs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

Coupling: TypeAlias = Literal["coupled", "independent"]

MOST_TOKENS = 32_768
MOST_SAMPLES = 100
"""Maximum number of responses per system and prompt; each view of a study counts the missing ones."""
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
    """How responses are generated; equal for every system."""

    # maximum length of a response; a longer one is cut (``finish_reason`` "length")
    max_new_tokens: int = 1024
    temperature: float = 0.0  # 0 is greedy decoding; above 0, sampling
    top_p: float = 1.0  # share of the probability mass that sampling draws from, above 0 and up to 1
    top_k: int = 0  # number of most likely tokens that sampling draws from; 0 for all
    # tokens with less than this share of the most likely token's probability are not drawn, 0 to 1
    min_p: float = 0.0
    # divides the logits of tokens that came before (Keskar et al. 2019); 1 is none
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()  # texts at which a response ends; the response does not include the text
    samples: int = 1  # responses per prompt and system, each drawn with its own random stream
    # "coupled": the systems share one random stream; "independent": each has its own
    coupling: Coupling = "coupled"
    seed: int = 0  # together with the item's key, the sample and the position it determines every draw
    # prompts generated at the same time; 0 determines the number by measuring memory. It is halved when
    # memory runs out.
    batch_prompts: int = 0
    # a response does not depend on what else is generated at the same time; generation is slower
    strict: bool = False
    # maximum length of the reasoning before an answer. A response whose reasoning is longer ends without an
    # answer (``finish_reason`` "no_answer"). The answer may then use all of ``max_new_tokens``. 0: reasoning
    # and answer share ``max_new_tokens``.
    max_reasoning_tokens: int = 0

    @property
    def most_tokens(self) -> int:
        """Maximum number of tokens of reasoning and answer together."""
        return self.max_new_tokens + self.max_reasoning_tokens


def fits(name: str, value: object) -> bool:
    """Whether ``value``, an object of any type, is permitted for the setting ``name``."""
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
    """Settings from JSON; settings that are missing or not permitted get their default."""
    values = stored if isinstance(stored, dict) else {}
    found: dict[str, Any] = {name: value for name, value in values.items() if fits(name, value)}
    return GenerationSettings(**{**found, "stop": tuple(found.get("stop", ()))})
