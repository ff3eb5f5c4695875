"""Which files the program for raters opens, and what it says of those that belong elsewhere."""

from __future__ import annotations

from pathlib import Path

from ftcompare.app.application_paths import PAGE_SUFFIX, RESULT_SUFFIX, is_file
from ftcompare.app.raters.packs import open_pack
from ftcompare.core.errors import UserError
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.pack.schema import application_id
from ftcompare.store.study.migrations import APPLICATION_ID

NOT_FOR_RATERS = "raters-program"
"""Code of the refusal of a file that another program is for."""

_ELSEWHERE = {
    PAGE_SUFFIX: (
        "This is a page for a browser.",
        "Open it there, by a double click: nothing needs to be installed for it.",
    ),
    RESULT_SUFFIX: (
        "This is the result of a page, for whoever sent you the page.",
        "Send it back. To go on judging, open the page in your browser, and this file in the page.",
    ),
}
"""What files with these ends are, and what to do with them."""


def open_for_rater(path: Path) -> PackFile:
    """Open a rater pack; it is known by what is in it, whatever its name.

    Raises:
        UserError: ``raters-program`` for a study, a page or the result of one; else as `open_pack`.
    """
    kind = application_id(path)
    if kind == APPLICATION_ID:
        what = "This is a study. This program is for raters: it opens rater packs."
        how = "Open it with FTCompare, or ask whoever sent it for a rater pack (*.ftpack)."
        raise UserError(what, where=path.name, how=how, code=NOT_FOR_RATERS)
    told = _ELSEWHERE.get(path.suffix.casefold())
    if told and not kind and is_file(path):
        raise UserError(told[0], where=path.name, how=told[1], code=NOT_FOR_RATERS)
    return open_pack(path)
