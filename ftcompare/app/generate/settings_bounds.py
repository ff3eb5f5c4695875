"""Within which bounds responses are written, on the command line as in the window."""

from __future__ import annotations

import math
from typing import cast

from ftcompare.store.study import responses

MOST_TOKENS = 32_768
MOST_SAMPLES = responses.MOST_SAMPLES
MOST_BATCH = 4096
MOST_TOP_K = 1_000_000
LARGEST_SEED = 2**31 - 1

_WHOLE = {
    "max_new_tokens": (1, MOST_TOKENS),
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


def fits(name: str, value: object) -> bool:
    """Whether a setting of `engine.protocol.GenerationSettings` can have a value, which may be anything."""
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
