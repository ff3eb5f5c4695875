"""Keep the catalogs of ``resources/languages`` equal to the texts in the code, and check them.

``python packaging/languages.py update`` extracts the texts of Python and of the browser page's script, and
merges them into every catalog: new texts have no translation yet, texts that are gone are removed.
``python packaging/languages.py check`` lists what is wrong and exits with status 1.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "languages"
_CHANGING = re.compile(
    rb'^"(?:POT-Creation-Date|PO-Revision-Date|Report-Msgid-Bugs-To|Language-Team|Generated-By): .*"\n',
    re.MULTILINE,
)
"""Lines of a catalog's head that change each time, or say nothing."""
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
KEYWORDS: dict[str, Any] = {"tr": None, "N_": None, "trn": (1, 2)}


def extracted() -> Catalog:
    """Return the texts of the code, with the files that use them."""
    made = Catalog(project="FTCompare", header_comment="")
    for method, pattern in (("python", "*.py"), ("javascript", "*.js")):
        for path in sorted((ROOT / "ftcompare").rglob(pattern)):
            with path.open("rb") as file:
                for _, message, comments, context in extract(method, file, KEYWORDS, ["Translators:"]):
                    place = path.relative_to(ROOT).as_posix()
                    made.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    return made


def catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        read = read_po(file, locale=path.stem)
    read.creation_date = _NO_DATE  # Babel writes the present time into a compiled catalog without one.
    return read


def update() -> None:
    """Merge the texts of the code into every catalog."""
    from ftcompare.core.language import ENGLISH, LANGUAGES  # a wheel is built without the package

    texts = extracted()
    for one in LANGUAGES:
        if one.code == ENGLISH:
            continue
        path = FOLDER / f"{one.locale}.po"
        kept = catalog(path) if path.exists() else Catalog(locale=one.locale)
        kept.update(texts, no_fuzzy_matching=True, update_header_comment=False)
        kept.obsolete.clear()
        path.write_bytes(spelled(kept))


def spelled(one: Catalog) -> bytes:
    made = io.BytesIO()
    write_po(made, one, width=110, include_lineno=False, sort_output=True)
    return _CHANGING.sub(b"", made.getvalue())


def faults(path: Path, texts: Catalog) -> Iterator[str]:
    """Yield what is wrong with a catalog, a line each."""
    one = catalog(path)
    wanted, there = ({_key(message) for message in each if message.id} for each in (texts, one))
    yield from (f"not in the catalog: {key[0]!r}" for key in sorted(wanted - there, key=str))
    yield from (f"no longer in the code: {key[0]!r}" for key in sorted(there - wanted, key=str))
    for message in one:
        if message.id and (fault := _fault(message, one.num_plurals)):
            yield f"{fault}: {message.id!r}"


def _key(message: Message) -> tuple[object, str | None]:
    return message.id, message.context


def _fault(message: Message, plurals: int) -> str:
    """Return what is wrong with a translation; empty for nothing, or where there is none yet."""
    several = isinstance(message.id, tuple)
    ids, forms = _texts(message.id), _texts(message.string)
    if not any(forms):
        return ""
    if several and (len(forms) != plurals or not all(forms)):
        return f"{plurals} plural forms are needed"
    may_lack = {"number"} if several else set[str]()  # "one pair"
    places = _places(ids[-1])
    if any(_places(form) - places or places - _places(form) - may_lack for form in forms):
        return "other {placeholders} than the English text"
    if any(_ends(form) != _ends(ids[-1]) for form in forms):
        return "a space at the beginning or end"
    return ""


def _texts(value: object) -> list[str]:
    return [str(each or "") for each in (value if isinstance(value, tuple | list) else (value,))]


def _ends(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def _places(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {"(a brace that stands alone)"}


def compile_catalogs(folder: Path) -> list[Path]:
    """Write ``folder``/LOCALE.mo for each catalog, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for path in sorted(FOLDER.glob("*.po")):
        made.append(folder / f"{path.stem}.mo")
        with made[-1].open("wb") as file:
            write_mo(file, catalog(path))
    return made


def state(path: Path) -> str:
    """Return how many of the texts have a translation."""
    forms = [
        one.string if isinstance(one.string, tuple) else (one.string,) for one in catalog(path) if one.id
    ]
    return f"{path.stem}: {sum(map(all, forms))} of {len(forms)} texts"


def main(command: str) -> int:
    if command == "update":
        update()
    texts = extracted()
    found = [f"{path.name}: {fault}" for path in sorted(FOLDER.glob("*.po")) for fault in faults(path, texts)]
    print("\n".join(found or [state(path) for path in sorted(FOLDER.glob("*.po"))]))
    return bool(found)


if __name__ == "__main__":
    if sys.argv[1:] not in (["update"], ["check"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
