"""Build the documentation as a site into build/site, with MkDocs and the Material theme; needs no network.

The contents are those of `docs/index.md`, as in the manual in the window. README and the other pages beside
``docs`` become the section *Project*. Fails if a link leads nowhere or a page loads anything from elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath, relpath

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ftcompare.ui.dialogs.manual import SOURCE, START, contents

BUILD = ROOT / "build"
PAGES = BUILD / "site-pages"
PROJECT = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
LEFT_OUT = ("make_*.py", "mkdocs.yml", "__pycache__", "*-dark.png")
LINK = re.compile(r"(\]\()([^)\s:]+)(\))")
LOADED = re.compile(
    r"<(?:script|img|iframe)[^>]+src=\"?https?:|<link[^>]+stylesheet[^>]+href=\"?https?:|@import url\(\"?http"
)


def main() -> None:
    """Collect the pages, build the site, and check what it loads."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in PROJECT:
        copy = PAGES / "project" / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, copy)
    for page in sorted(PAGES.rglob("*.md")):
        page.write_text(with_site_links(page.read_text("utf-8"), in_repository(page)), "utf-8")
    config = BUILD / "mkdocs.yml"
    own = {"INHERIT": "../docs/mkdocs.yml", "docs_dir": PAGES.name, "site_dir": "site", "nav": navigation()}
    config.write_text(json.dumps(own, indent=1), "utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "--config-file", str(config)]
    # Otherwise Material announces its successor on each build (docs/decisions.md).
    subprocess.run(command, check=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "true"})
    loading = [page for page in (BUILD / "site").rglob("*.html") if LOADED.search(page.read_text("utf-8"))]
    if loading:
        raise SystemExit(f"Loads from elsewhere: {', '.join(map(str, loading))}")
    print(f"The site: {BUILD / 'site' / 'index.html'}; for its search: python -m http.server -d build/site")


def navigation() -> list[dict[str, object]]:
    """Return the contents as MkDocs takes them: chapters, with sections or pages in them."""
    chapters: list[dict[str, object]] = []
    chapter: list[object] = []
    lines = chapter
    for entry in contents((ROOT / "docs" / START).read_text("utf-8")):
        if entry.page:
            (lines if chapters else chapter).append({entry.title: entry.page})
        elif entry.level == 1:
            chapter = lines = []
            chapters.append({entry.title: chapter})
        else:
            lines = []
            chapter.append({entry.title: lines})
    names = [{Path(name).stem.capitalize(): f"project/{name}"} for name in PROJECT]
    return [{"Start": START}, *chapters, {"Project": names}]


def in_repository(page: Path) -> str:
    """Return the place of a page in the repository."""
    place = page.relative_to(PAGES).as_posix()
    return place.removeprefix("project/") if place.startswith("project/") else f"docs/{place}"


def in_site(place: str) -> str:
    """Return the place in the site of a file of the repository; empty if the site does not have it."""
    at = f"project/{place}" if place in PROJECT else place.removeprefix("docs/")
    return at if (PAGES / at).is_file() and (place in PROJECT or place.startswith("docs/")) else ""


def with_site_links(text: str, place: str) -> str:
    """Return a page with links that lead to pages of the site, or to the repository for other files."""

    def turned(found: re.Match[str]) -> str:
        path, hash_sign, anchor = found[2].partition("#")
        if not path:
            return found[0]
        target = normpath(f"{Path(place).parent.as_posix()}/{path}")
        at = in_site(target)
        link = relpath(at, Path(in_site(place)).parent.as_posix()) if at else SOURCE + target
        return f"{found[1]}{link}{hash_sign}{anchor}{found[3]}"

    return "".join(part if code else LINK.sub(turned, part) for code, part in _parts(text))


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the text in parts, with whether each is a block of code."""
    for number, part in enumerate(re.split(r"(?m)(^```.*?^```$)", text, flags=re.DOTALL)):
        yield number % 2 == 1, part


if __name__ == "__main__":
    main()
