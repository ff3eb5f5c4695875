"""What is said where a study was altered behind the product's back, for every page, file and command."""

from __future__ import annotations

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.integrity import Integrity
from ftcompare.store.study.study_file import StudyFile

ALTERED = "study-altered"
"""Code of the refusal."""

_HOW = "`ftcompare check` proves every part of it; the newest backup may be whole."
_NAMED = 3
"""So many problems are spelled out."""


def caution(integrity: Integrity) -> str:
    """To stand above figures; empty where nothing was altered."""
    if integrity.ok:
        return ""
    return f"{shown_caution(integrity)} {_HOW}"


def shown_caution(integrity: Integrity) -> str:
    """The same for the window, where buttons do what is to be typed elsewhere."""
    if integrity.ok:
        return ""
    return f"This study was altered: {_named(integrity)}. Do not rely on these figures."


def integrity_json(integrity: Integrity) -> dict[str, Json]:
    """For machines: in JSON documents and on data cards."""
    return {"ok": integrity.ok, "problems": list(integrity.problems)}


def refusal(integrity: Integrity) -> str:
    """Why no rows are written; empty where they can be."""
    return "" if integrity.ok else f"{_refused(integrity)} {_HOW}"


def shown_refusal(integrity: Integrity) -> str:
    """The same for the window; see `shown_caution`."""
    return "" if integrity.ok else _refused(integrity)


def require_unaltered(study: StudyFile) -> None:
    """Proves what rows are made of.

    Raises:
        UserError: ``study-altered``.
    """
    integrity = study.verify()
    if not integrity.ok:
        raise UserError(_refused(integrity), where=study.path.name, how=_HOW, code=ALTERED)


def _refused(integrity: Integrity) -> str:
    return f"This study was altered: {_named(integrity)}. No rows are made of it."


def _named(integrity: Integrity) -> str:
    more = len(integrity.problems) - _NAMED
    told = "; ".join(integrity.problems[:_NAMED])
    return f"{told}; and {more:,} more" if more > 0 else told
