"""Check names that a user gives against the names in the study."""

from __future__ import annotations

from collections.abc import Collection

from ftcompare.core.errors import UserError
from ftcompare.formats.record_fields import shown


def require_known_names(noun: str, asked: Collection[str] | None, offered: Collection[str]) -> None:
    """Refuse a name that the study does not have; None means that no name was given.

    Raises:
        UserError: code ``unknown-filter``; the message lists the available names.
    """
    unknown = sorted(set(asked or ()) - set(offered))
    if unknown:
        known = sorted(name for name in offered if name)
        how = f"The study has: {', '.join(map(shown, known))}." if known else "The study has none."
        what = f"The study has no {noun} {shown(unknown[0])}."
        raise UserError(what, how=how, code="unknown-filter")
