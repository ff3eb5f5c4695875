"""Renamed layers: files keep the layer names of the transformers version that saved them.

With 4.52 the text part of models of text and images moved from ``language_model.model.``, in some from
``model.``, to ``model.language_model.``: https://github.com/huggingface/transformers/pull/37033
"""

from __future__ import annotations

import re
from collections.abc import Container

TEXT_PART = "model.language_model."

_BEFORE = (
    (re.compile(r"language_model\.model\."), TEXT_PART),
    (re.compile(r"language_model\.lm_head\b"), "lm_head"),
    (re.compile(r"model\.(?!language_model\.)"), TEXT_PART),
)


def present_name(name: str, known: Container[str]) -> str:
    """The name in ``known`` for a layer or tensor; unchanged if it is known itself or no new name is."""
    if name in known:
        return name
    moved = (now + name[found.end() :] for before, now in _BEFORE if (found := before.match(name)))
    return next((one for one in moved if one in known), name)
