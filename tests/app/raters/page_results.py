"""Results of pages for browsers, written without a browser from a pack of the same pairs."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

from ftcompare.core.study import EVENT_FIELDS
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile

Lines = list[dict[str, Any]]


def page_lines(page: Path) -> list[str]:
    """The lines of a page's data: a digest, the settings, the pairs."""
    found = re.search(r'id="pack">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)
    assert found
    return found.group(1).split("\n")


def page_data(page: Path) -> dict[str, Any]:
    """The data of a page, as its script reads them."""
    digest, head, *items = page_lines(page)
    assert digest == sha256(head.encode()).hexdigest()
    return {**json.loads(head), "items": list(map(json.loads, items))}


def result_lines(pack: PackFile, page: Path) -> Lines:
    """The lines that the page saves of what is in a pack of the same pairs."""
    events = [
        {name: getattr(one, name) for name in EVENT_FIELDS} for one in pack.judgments.events(PACK_RATER)
    ]
    asked = pack.annotations.scheme is not None
    marks = [one.fields() for one in pack.annotations.rows()] if asked else []
    shown = [item.digest() for item, _ in pack.items()]
    names = {"pack": pack.name, "rater": pack.rater_name, "page": page_lines(page)[0]}
    end = {"events": len(events), "annotations": len(marks), "marks": marks[-1]["digest"] if marks else ""}
    return [{"ftcompare_result": 1, **names, "items": shown}, *events, *marks, end]


def written(path: Path, lines: Lines) -> Path:
    path.write_text("".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines), "utf-8")
    return path
