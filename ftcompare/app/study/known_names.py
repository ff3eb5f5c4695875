"""Names that a user asks for, held against those that the study has."""

from __future__ import annotations

from collections.abc import Collection

from ftcompare.core.errors import UserError
from ftcompare.formats.record_fields import shown


def require_known_names(noun: str, asked: Collection[str] | None, offered: Collection[str]) -> None:
    """Refuse a name that the study does not have; None asks for nothing.

    Raises:
        UserError: code ``unknown-filter``, with what there is.
    """
    unknown = sorted(set(asked or ()) - set(offered))
    if unknown:
        known = sorted(name for name in offered if name)
        how = f"The study has: {', '.join(map(shown, known))}." if known else "The study has none."
        what = f"The study has no {noun} {shown(unknown[0])}."
        raise UserError(what, how=how, code="unknown-filter")
