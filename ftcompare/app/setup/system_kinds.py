"""The kinds of systems that a study can contain: their names, and what they need to generate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.study import SystemKind, SystemSpec


class Need(StrEnum):
    """What a system needs to generate: local files, a server, or nothing if its answers are imported."""

    FILES = "files"
    SERVER = "server"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class KindOfSystem:
    """One kind. ``title`` is for the owner; ``reported`` is for readers of a report."""

    kind: SystemKind
    title: str
    reported: str
    need: Need


_KINDS = (
    KindOfSystem(SystemKind.BASE, "base model", "base model", Need.FILES),
    KindOfSystem(SystemKind.ADAPTER, "adapter", "fine-tuned", Need.FILES),
    KindOfSystem(SystemKind.MODEL, "full model", "full model", Need.FILES),
    KindOfSystem(SystemKind.SERVED, "served model", "served model", Need.SERVER),
    KindOfSystem(SystemKind.IMPORTED, "imported", "imported answers", Need.NOTHING),
)
_BY_KIND = {one.kind: one for one in _KINDS}


def kind_of(spec: SystemSpec) -> KindOfSystem:
    """The description of a system's kind."""
    return _BY_KIND[spec.kind]
