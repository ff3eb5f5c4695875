"""The kinds of system that a study can hold: what each is called, and what it needs to write."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ftcompare.core.study import SystemKind, SystemSpec


class Need(StrEnum):
    """What a system needs to write: files on this machine, a server, or nothing as it does not write here."""

    FILES = "files"
    SERVER = "server"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class KindOfSystem:
    """One kind. ``title``: for its owner; ``reported``: for readers who have not set it up."""

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
    """What is known of a system's kind."""
    return _BY_KIND[spec.kind]
