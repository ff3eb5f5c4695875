"""The page of a pack: one file with data, script and style; its policy lets it load and run nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path

from ftcompare.core.hashing import Json
from ftcompare.formats.text_files import first_bytes

FORMAT = 2  # format version of a page's data

SCRIPTS = (
    "languages.js", "digests.js", "pack_data.js", "places.js", "rating_log.js", "mark_log.js",
    "pack_lock.js", "storage.js", "whole_state.js", "result_file.js", "dom.js", "keys.js",
    "settings.js", "controls.js", "text_cards.js", "text_places.js", "word_differences.js",
    "pair_scrolling.js", "judging.js", "question_panel.js", "guess_panel.js", "below_panels.js",
    "pair_view.js", "screens.js", "own_answers.js", "keys_screen.js", "practice_flow.js",
    "marked_pairs.js", "marked_text.js", "mark_form.js", "mark_panel.js", "marking_screen.js",
    "survey_screen.js", "stage.js", "kept_rating.js", "result_exchange.js", "rating_flow.js",
    "commands.js", "rating_page.js",
)  # fmt: skip
"""Parts of the page's script in the folder ``script``, in their order; `tsconfig.json` has the same."""


_QUOTED = r'"(?:[^"\\]|\\.)*"'
_GENERATOR = b'<meta name="generator" content="FTCompare">'
_HEAD_BYTES = 2**12
_DATA = re.compile(rb'<script type="application/json" id="pack">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class PageText:
    who: str  # who speaks; empty for an answer
    html: str  # as Markdown; safe: it is from `HtmlWriter`
    plain: str  # as it is written, hidden characters spelled out
    number: int = 0  # which one of several, for {number} in ``who``


@dataclass(frozen=True, slots=True)
class PageItem:
    """Pair: the fields of the pack's item, byte for byte, and the texts that the page shows."""

    item: str
    digest: str  # digest of the pack's item (`PackItem.digest`)
    messages: str
    left: str
    right: str
    guess: str
    reference: str | None
    beside: str | None
    identical: bool  # both answers are the same
    characters: int  # of both answers together
    prompt: tuple[PageText, ...]
    # the turns of a conversation, its last the answer; of answers that are ranked at once, the left one only
    # of the first pair, and the right one only of pairs with the first answer
    leftShown: tuple[PageText, ...]
    rightShown: tuple[PageText, ...]
    context: tuple[PageText, ...] = ()
    referenceShown: PageText | None = None
    expected: str = ""  # the action of a correct answer, in words; may be empty
    # of a conversation of several turns, what of it is judged, in words with {number} of its turns; else
    # empty. leftWords, rightWords: where the words of the answers are in their Markdown (`word_places`);
    # None where errors are marked in the text as it is written, or not at all
    judged: str = ""
    turns: int = 1
    leftWords: tuple[int, ...] | None = None
    rightWords: tuple[int, ...] | None = None
    steps: tuple[PageStepPair, ...] = ()


@dataclass(frozen=True, slots=True)
class PageStepPair:
    """Steps that stand side by side; `right` is empty where both are the same."""

    same: bool
    field: bool  # whether they are fields of structured answers
    leftName: str
    rightName: str
    left: tuple[PageText, ...]
    right: tuple[PageText, ...]
    label: str = ""  # of answers that are ranked at once, the answer and the number of its step


@dataclass(frozen=True, slots=True)
class PagePractice:
    """Pair, or one answer, to practice on; ``expected`` is a choice or a grade, or empty."""

    prompt: tuple[PageText, ...]
    left: PageText
    right: PageText | None
    expected: str | int
    because: str


@dataclass(frozen=True, slots=True)
class PageData:
    """Content of a pack's page; the script's type ``Pack``."""

    name: str
    rater: str
    title: str
    notice: str
    question: str
    strengths: int
    criteria: tuple[str, ...]
    reasons: tuple[str, ...]
    grades: tuple[dict[str, Json], ...]  # of a scale of grades, its answers; their labels are the owner's
    # where several answers are ranked at once, the number of pairs of each set, in the order of the items
    sets: tuple[int, ...]
    skipReasons: tuple[str, ...]
    instructions: PageText | None
    practice: tuple[PagePractice, ...]
    reference: str
    context: str
    start: str  # where the chain of judgments begins
    items: tuple[PageItem, ...]
    mostComment: int  # characters of a comment. firstYear, lastYear: of judgments that a study takes
    firstYear: int
    lastYear: int
    events: tuple[dict[str, Json], ...] = ()  # earlier judgments, as rows of a pack's events
    mostNote: int = 0  # characters of a mark's comment, and of its better words
    scheme: dict[str, Json] | None = None  # what may be marked, once everything is judged; None for nothing
    marksStart: str = ""  # where the chain of marks begins
    annotations: tuple[dict[str, Json], ...] = ()  # earlier marks, as rows of a pack's annotations
    # the owner's question, criteria, and reasons by language and text; the instructions by language
    translations: dict[str, dict[str, str]] = field(default_factory=dict)
    instructionsIn: dict[str, PageText | None] = field(default_factory=dict)
    language: str = ""  # the owner's choice for the pack; empty for the browser's
    survey: dict[str, Json] = field(default_factory=dict)  # the questions around the pairs, as `Survey`
    surveyAnswers: list[Json] = field(default_factory=list)  # earlier answers to them
    stepsOpened: bool = False  # whether the list of steps is open for each new pair
    format: int = field(default=FORMAT)


@dataclass(frozen=True, slots=True)
class BrowserPage:
    """Text of a page, and the digest of its data, which its results name."""

    text: str
    digest: str


def is_page(path: Path) -> bool:
    return _GENERATOR in first_bytes(path, _HEAD_BYTES)


def read_page_digests(path: Path) -> tuple[str, frozenset[str]]:
    """Return a pack's id and the digests of its acts; a damaged page gives "" and an unknown digest."""
    found = _DATA.search(path.read_bytes())
    try:
        # format 1 has one line, later ones have the settings in the second
        data = json.loads(found.group(1).split(b"\n")[:2][-1]) if found else {}
        acts = [*data["events"], *data["annotations"]]
        return str(data["name"]), frozenset(str(act["digest"]) for act in acts)
    except (ValueError, RecursionError, KeyError, TypeError):
        return "", frozenset({""})


def browser_page(data: PageData, rules: dict[str, Json], style: str = "") -> BrowserPage:
    """Return the page of a pack.

    The data are lines: the digest of the second line, the settings with a digest for each pair, and a line
    for each pair. When the page is opened, its script finds the lines that were altered on the way. ``rules``
    are the limits, words, scales and keys that the script knows as ``RULES`` (`script/rules.d.ts`).
    """
    fields = asdict(data)
    lines = [_spelled(item) for item in fields.pop("items")]
    pairs = zip(data.items, lines, strict=True)
    proofs: list[Json] = [[item.item, item.digest, _sha256(line)] for item, line in pairs]
    head = _spelled({**fields, "proofs": proofs})
    digest = _sha256(head)
    screen, style = _part("screen.css"), _part("rating.css") + style
    check, script = _part("script/start_check.js"), _script(_spelled(rules))
    text = _filled(
        _part("page.html"),
        # Nothing is loaded, and only the page's own styles and scripts are allowed, by their digests.
        policy=(
            f"default-src 'none'; script-src {sources((check, script))}; "
            f"style-src {sources((screen, style))}; base-uri 'none'; form-action 'none'"
        ),
        title=escape(data.title).encode("ascii", "xmlcharrefreplace").decode("ascii"),
        screen=screen,
        style=style,
        data="\n".join((digest, head, *lines)),
        check=check,
        script=script,
    )
    return BrowserPage(text, digest)


def _spelled(value: Json) -> str:
    return in_script(json.dumps(value, ensure_ascii=True, separators=(",", ":")))


def in_script(text: str) -> str:
    """Return JSON that no browser takes for the end of its element or for the beginning of a comment."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _sha256(ascii_text: str) -> str:
    return hashlib.sha256(ascii_text.encode("ascii")).hexdigest()


def _filled(page: str, **parts: str) -> str:
    """Fill each place of the page once; text that fills a place is not searched for others."""
    return re.sub(r"\{([a-z]+)\}", lambda match: parts[match.group(1)], page)


def sources(texts: tuple[str, ...]) -> str:
    """Return what allows these scripts or styles in a content security policy, by their digests."""
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


@cache
def _script(rules: str) -> str:
    """Return all parts as one function, so that nothing in it can be reached by its name from outside."""
    parts = "".join(_part(f"script/{name}") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\nconst RULES = {rules};\n{parts}}})();\n'


@cache
def script_texts() -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return the texts that the script passes to ``tr``, and the singulars and plurals of ``trn``."""
    parts = "".join(_part(f"script/{name}") for name in SCRIPTS)
    single = {json.loads(text) for text in re.findall(rf"\btr\(\s*({_QUOTED})", parts)}
    plural = {
        (json.loads(a), json.loads(b)) for a, b in re.findall(rf"\btrn\(\s*({_QUOTED}),\s*({_QUOTED})", parts)
    }
    return tuple(sorted(single)), tuple(sorted(plural))


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
