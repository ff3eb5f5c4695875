"""Which files the program for raters opens, and what it says of those that belong elsewhere."""

from __future__ import annotations

from pathlib import Path

from ftcompare.app.raters.packs import open_pack
from ftcompare.core.errors import UserError
from ftcompare.formats.browser_pack.page import is_page
from ftcompare.formats.browser_pack.result import is_result
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.pack.schema import PACK_APPLICATION_ID, application_id
from ftcompare.store.study.migrations import APPLICATION_ID

NOT_FOR_RATERS = "raters-program"
"""Code of the refusal of a file that another program is for."""

_STUDY = (
    "This is a study. This program is for raters: it opens rater packs.",
    "Open it with FTCompare, or ask whoever sent it for a rater pack (*.ftpack).",
)
_PAGE = (
    "This is a rater pack for browsers.",
    "Open it in a browser, by a double click: nothing needs to be installed for it.",
)
_RESULT = (
    "This is what a rater judged in a browser.",
    "Send it to whoever sent the page. To go on judging, open the page in a browser, and this file in it.",
)


def open_for_rater(path: Path) -> PackFile:
    """Open a rater pack; it is known by what is in it, whatever its name.

    Raises:
        UserError: ``raters-program`` for a study, a page or the result of one; else as `open_pack`.
    """
    told = _belongs_elsewhere(path)
    if told is not None:
        what, how = told
        raise UserError(what, where=path.name, how=how, code=NOT_FOR_RATERS)
    return open_pack(path)


def _belongs_elsewhere(path: Path) -> tuple[str, str] | None:
    """What a file is that is no pack, and where it goes; None for packs and for what is nothing of ours."""
    kind = application_id(path)
    if kind == PACK_APPLICATION_ID:
        return None
    if kind == APPLICATION_ID:
        return _STUDY
    if is_page(path):
        return _PAGE
    return _RESULT if is_result(path) else None
