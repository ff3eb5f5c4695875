"""Display names of the splits of prompts."""

from __future__ import annotations

from ftcompare.core.study import Split


def split_name(split: Split) -> str:
    return "no split" if split is Split.NONE else split.value.replace("_", " ")
