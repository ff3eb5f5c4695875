"""What a split of the prompts is called."""

from __future__ import annotations

from ftcompare.core.study import Split


def split_name(split: Split) -> str:
    """A split as it is said."""
    return "no split" if split is Split.NONE else split.value.replace("_", " ")
