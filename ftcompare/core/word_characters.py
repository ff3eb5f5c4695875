"""Characters other than letters and digits that decide where a word begins and ends."""

from __future__ import annotations

UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Kana and Han, which are written without spaces: each character is treated as one word."""

JOINERS = "\u00ad\u200c\u200d"  # soft hyphen and zero-width joiners: they do not end a word

APOSTROPHES = "'\u2019\u02bc"
