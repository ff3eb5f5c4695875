"""Find wording that readers stumble over, in the docs and in strings, docstrings, and comments.

``python docs/check_voice.py`` runs in `make lint`.
Every pattern has an example in `tests/test_voice.py`. `ALLOWED` has the exceptions, each with its reason.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

PROSE, STRING, DOCSTRING, COMMENT = "prose", "string", "docstring", "comment"
ALL = frozenset({PROSE, STRING, DOCSTRING, COMMENT})
SHOWN = frozenset({PROSE, STRING})
"""The kinds of text that users read. Docstrings and comments are for developers."""

LONGEST = {STRING: 25, PROSE: 35}
"""The maximum number of words in a sentence."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Wording to avoid, by a regular expression, and what to write instead."""

    name: str
    expression: str
    instead: str
    kinds: frozenset[str] = ALL
    case: bool = False

    @property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.expression, 0 if self.case else re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, string, docstring, or comment, and where it begins."""

    kind: str
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A pattern that matches a sentence, or a sentence that is too long."""

    source: Text
    pattern: str
    excerpt: str
    instead: str

    def __str__(self) -> str:
        source = self.source
        return f"{source.path}:{source.line}: {source.kind}: {self.pattern}: “{self.excerpt}”. {self.instead}"


PATTERNS = (
    Pattern("told", r"\b(is|are|was|were|be|been|being|not) told\b", "Write shown, reported, or known."),
    Pattern(
        "so many", r"(?<!not )(?<!for )\b(at most |only )?so many\b(?! that)", "Give the number a name: N."
    ),
    Pattern("anew", r"\banew\b", "Write again, or name what restarts."),
    Pattern("at first", r"\(at first\b|\bat first:? [\d`]|[Aa]t first[:.)]", "Write “Default: …”."),
    Pattern("take over", r"\b(take|takes|took|taken|taking) over\b", "Write import, merge, copy, or use."),
    Pattern(
        "stands",
        r"\b(stand|stands|stood)\b (?!for\b|by\b|still\b|alone\b|out\b)"
        r"(?:(?:there|here|now|already|twice|only|first) )?"
        r"(?:in|on|at|under|above|below|beside|behind|before|with|left|right|there|here|twice|first|last|of)\b",
        "Write is, is in, appears, or is shown.",
    ),
    Pattern("by itself", r"\bby (itself|themselves)\b", "Write separately, independently, or alone."),
    Pattern("of which", r"\bof which\b[^.]*\bof which\b", "Use two sentences."),
    Pattern("the one whose", r"\bthe ones? whose\b", "Use a noun: the label with the highest probability."),
    Pattern(
        "relative clause as subject",
        r"^(What|Who|Where|Whatever|Whoever)(?! if\b)(?!’s new)(?! to\b) [^?]+[.;]$",
        "Begin with who or what acts.",
        case=True,
    ),
    Pattern("held against", r"\bheld against\b", "Write compared with, or checked against."),
    Pattern("is said", r"\b(is|are|was) (not )?said\b(?! to\b)", "Name who says it, or write states."),
    Pattern("moot", r"\bmoot\b", "Write not useful, or does not apply."),
    Pattern("speaks of", r"\b(speak|speaks|spoke) (of|for)\b", "Write describes, mentions, or applies to."),
    Pattern("knows of", r"\b(know|knows|knew) of\b", "Write knows, has, or lists."),
    Pattern("is silent", r"\b(is|are|stays?) silent\b", "Write shows nothing, or reports nothing."),
    Pattern(
        "gives away",
        r"\b(give|gives|gave|given) (it|them|a system|systems) away\b",
        "Write identify or reveal.",
    ),
    Pattern("and the like", r"\bthe like of\b|\band the like\b", "Name the others."),
    Pattern("on hand", r"\b(at hand|on hand)\b", "Write available, or drop it."),
    Pattern("mend", r"\bmend(s|ed|ing)?\b", "Write fix or repair."),
    Pattern("has room for", r"\bhas? (no )?room for\b", "Write does not fit, or has N free."),
    Pattern("with so much", r"\bwith so (much|few|little)\b", "Give the amount."),
    Pattern("write over", r"\b(write|writes|wrote|written) over\b", "Write overwrite.", SHOWN),
    Pattern("in its own words", r"\bneeds words\b|\bthe words of\b", "Write text, label, or message.", SHOWN),
    Pattern("verb of holding", r"\bholds that\b|\bit is (known|true) of\b", "Write states or applies to."),
    Pattern("unless given", r"\bunless given\b", "Write “Default: …”."),
    Pattern("tells", r"\b(tells)\b(?! apart)", "Write shows, reports, or explains."),
    Pattern("goes by", r"\b(goes|go|went|gone) by\b", "Write uses or follows."),
    Pattern("is to be", r"\b(is|are) to be\b", "Write must be, should be, or is."),
    Pattern("shut off", r"\bshut(ting)? off\b", "Write isolate or disable.", SHOWN),
    Pattern(
        "lies", r"\b(lie|lies|lay) (in|at|on|beside|where|there|here)\b", "Write is in, or is stored in."
    ),
    Pattern("likelier", r"\b(likelier|unlikelier)\b", "Write more likely."),
    Pattern("be had", r"\bbe had\b", "Write is available."),
    Pattern("comes of", r"\b(comes|come|came) of\b|\bthere is none (of|for)\b", "Name the cause."),
    Pattern("semicolon chain", r";(?![^;]* \d{4})[^.?!;]+;", "Use sentences or a list.", SHOWN),
)

BRITISH = {
    "analyse": "analyze",
    "artefact": "artifact",
    "behaviour": "behavior",
    "cancelled": "canceled",
    "cancelling": "canceling",
    "catalogue": "catalog",
    "centre": "center",
    "colour": "color",
    "defence": "defense",
    "favour": "favor",
    "favourite": "favorite",
    "grey": "gray",
    "honour": "honor",
    "initialise": "initialize",
    "judgement": "judgment",
    "labelled": "labeled",
    "labelling": "labeling",
    "licence": "license",
    "modelled": "modeled",
    "modelling": "modeling",
    "neighbour": "neighbor",
    "normalise": "normalize",
    "optimise": "optimize",
    "organise": "organize",
    "programme": "program",
    "quantise": "quantize",
    "recognise": "recognize",
    "serialise": "serialize",
    "signalled": "signaled",
    "summarise": "summarize",
    "tokenise": "tokenize",
    "travelled": "traveled",
    "visualise": "visualize",
    "whilst": "while",
}
"""British spellings and the American ones, by stem: endings are found too."""

NAMES = {
    "a look at the pairs": "Preview",
    "folder of open files": "exported study folder",
    "false finds": "risk of a false alarm",
    "send to judging": "Ask raters again",
    "texts as written": "plain text",
    "judges in": "Judged in",
    "tamper evident": "tamper-evident",
}
"""Words that another name replaced, and that name, so that one thing has one name."""

_STEMS = "|".join(word.removesuffix("e") for word in BRITISH)
_BRITISH = re.compile(rf"\b({_STEMS})(e|es|ed|s|ing|ation|able|al|ite|ful)?\b", re.IGNORECASE)
_NAMES = re.compile(rf"\b({'|'.join(map(re.escape, NAMES))})\b", re.IGNORECASE)

GENERATED = ("docs/reference/commands.md", "docs/reference/settings.md")
"""Pages that are written from the code, whose strings are checked there."""

ALLOWED: dict[tuple[str, str], str] = {
    ("ftcompare/app/judges/judge_file.py", "What it says that is wrong weighs more"): "a rubric for a model",
    ("ftcompare/app/judges/judge_file.py", "Where neither is better"): "a rubric for a model",
    ("ftcompare/app/setup/safety_probes.py", "colour"): "the prompts of the probes do not change",
    ("ftcompare/engine/served_fingerprint.py", "colours"): "its prompts identify models of earlier runs",
    ("ftcompare/terms/usage.py", "not told apart"): "the same value, for terms",
}
"""A file and an excerpt that a pattern finds there, and why it stays."""

_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)"
    r"|(?P<prefix>\b[rbfuRBFU]{1,2})?(?P<quote>\"\"\"|'''|\"|')(?P<body>(?:\\.|(?!(?P=quote)).)*?)(?P=quote)",
    re.DOTALL,
)
_SQL = r"SELECT|INSERT|UPDATE|DELETE|CREATE|WITH|PRAGMA|ALTER|DROP|FROM|WHERE|JOIN|AND|OR|ORDER BY"
_CODE = re.compile(
    rf"^\s*({_SQL}|import|def)\b|\b(FROM|WHERE|JOIN|RAISE|RETURNING)\b|^default-src"
    r"|[{};]\s*\n|:\s[^;{}]+;\s*[\w-]+:|</?\w+[ >]|\(\?[:P!<=]|\\[bwsd]|==|\bassert\b"
)
_ESCAPE = re.compile(r"\\(\n|n|t|.)")


def texts_of_code(path: str, source: str) -> Iterator[Text]:
    """Yield the strings of more than one word, the docstrings, and the comments of a Python file."""
    kind, parts = "", list[str]()
    start = line = end = at = 0
    for token in _TOKEN.finditer(source):
        between = source[end : token.start()]
        line += source.count("\n", at, token.start())
        at = token.start()
        new = _kind(source, token)
        together = not between.strip() and (
            new == STRING or (_begins_line(source, token) and "\n\n" not in between)
        )
        if parts and (new != kind or new == DOCSTRING or not together):
            yield from _text(kind, path, start, parts)
            parts = []
        if not parts:
            kind, start = new, line + 1
        parts.append(token["comment"].lstrip("#: ") + " " if token["comment"] else _plain(token))
        end = token.end()
    yield from _text(kind, path, start, parts)


def _kind(source: str, token: re.Match[str]) -> str:
    if token["comment"]:
        return COMMENT
    before = source[: token.start()].rstrip(" \n")[-1:] if token["quote"] == '"""' else "("
    documents = _begins_line(source, token) and before not in {"(", ",", "[", "{", "=", "+"}
    return DOCSTRING if documents else STRING


def _begins_line(source: str, token: re.Match[str]) -> bool:
    return not source[source.rfind("\n", 0, token.start()) + 1 : token.start()].strip()


def _plain(token: re.Match[str]) -> str:
    body, prefix = token["body"], (token["prefix"] or "").lower()
    if "f" in prefix:
        body = re.sub(r"\{[^{}]*(\{[^{}]*\}[^{}]*)*\}", "X", re.sub(r"\{\{|\}\}", "", body))
    return body if "r" in prefix else _ESCAPE.sub(lambda one: "\n" if one[1] == "n" else one[1], body)


def _text(kind: str, path: str, line: int, parts: list[str]) -> Iterator[Text]:
    text = "".join(parts)
    words = kind != STRING or (" " in text.strip() and re.search("[a-z]{2}", text) and not _CODE.search(text))
    if parts and words:
        yield Text(kind, path, line, text)


def texts_of_page(path: str, source: str) -> Iterator[Text]:
    """Yield the headings, paragraphs, and list items of a Markdown page, without code and tables."""
    paragraph: list[str] = []
    start, fenced = 0, False
    for number, line in enumerate([*source.split("\n"), ""], 1):
        bare = line.strip()
        fence = bare.startswith("```")
        item = re.match(r"([-*+]|\d+\.) ", bare)
        if paragraph and (not bare or fence or item or bare.startswith(("|", "#", "<", ":::", "!!!"))):
            yield Text(PROSE, path, start, " ".join(paragraph))
            paragraph = []
        fenced ^= fence
        if fenced or fence or not bare or bare.startswith(("|", "<")):
            continue
        if not paragraph:
            start = number
        paragraph.append(bare[item.end() :] if item else bare.lstrip("#> "))
        if bare.startswith("#"):
            yield Text(PROSE, path, start, paragraph.pop())


_SPAN = re.compile(r"(`+)(?:.(?!\1))*.?\1", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_BREAK = re.compile(
    r"(?<=[.!?])[\"”’)*_]* +(?=[\"“‘(*_\[A-Z`0-9]|\w{1,4} (?:is|of|uses)\b)|\n\s*\n|(?<=:) +(?=[A-Z“])"
)
_NO_SENTENCE = re.compile(r" = |[·√Σ×]|^[^A-Z,.]*$")  # formulas, and lists of names
_ABBREVIATION = re.compile(r"\b(e\.g|i\.e|vs|etc|Dr|Fig|No|cf)\.")


def sentences(text: Text) -> list[str]:
    """Split a text into sentences, with a word in place of each code span."""
    plain = text.text
    if text.kind != STRING:
        plain = _LINK.sub(r"\1", _SPAN.sub("`x`", plain))
        if text.kind == DOCSTRING:
            plain = re.split(r"\n\s*(?:Args|Raises|Returns|Yields|Attributes):\n", plain)[0]
            plain = re.sub(r"\n(?!\s*\n)\s*", " ", plain)
    plain = _ABBREVIATION.sub(r"\1", plain)
    parts = _BREAK.split(plain) if text.kind != STRING else re.split(_BREAK.pattern + r"|\n", plain)
    return [one.strip() for one in parts if one and re.search(r"\w", one)]


def findings(text: Text) -> Iterator[Finding]:
    """Yield what the patterns, the limit of words, and the lists of words find in a text."""
    for sentence in sentences(text):
        for pattern, compiled in _COMPILED:
            if text.kind in pattern.kinds and (match := compiled.search(sentence)):
                yield Finding(text, pattern.name, _excerpt(sentence, match), pattern.instead)
        for match in _BRITISH.finditer(sentence):
            if match[0].isupper():
                continue  # a name in the code
            stem = match[1].lower()
            american = BRITISH.get(stem) or BRITISH[stem + "e"]
            yield Finding(text, "British spelling", match[0], f"Write {american}.")
        if text.kind in SHOWN:
            for match in _NAMES.finditer(sentence):
                yield Finding(text, "two names", match[0], f"Write {NAMES[match[0].lower()]}.")
            count = sum(bool(re.search(r"\w", word)) for word in sentence.split())
            if count > LONGEST[text.kind] and not _NO_SENTENCE.search(sentence):
                yield Finding(text, "long", f"{sentence[:60]}…", f"{count} words: make two sentences.")


_COMPILED = tuple((one, one.compiled) for one in PATTERNS)


def _excerpt(sentence: str, match: re.Match[str]) -> str:
    begin, end = max(match.start() - 25, 0), match.end() + 25
    words = " ".join(sentence[begin:end][:110].split())
    return f"{'…' * (begin > 0)}{words}{'…' * (end < len(sentence))}"


def all_texts() -> Iterator[Text]:
    """Yield the texts of the package, of the top-level pages, and of the docs."""
    for path in sorted((ROOT / "ftcompare").rglob("*.py")):
        yield from texts_of_code(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        name = path.relative_to(ROOT).as_posix()
        if name not in GENERATED and "." not in path.stem:  # rater.de.md is a translation
            yield from texts_of_page(name, path.read_text("utf-8"))


def _allowed(finding: Finding) -> bool:
    return any(
        finding.source.path.startswith(path) and words in finding.source.text for path, words in ALLOWED
    )


def main() -> int:
    """Print the findings; return 1 if there are any."""
    found = [one for text in all_texts() for one in findings(text) if not _allowed(one)]
    for finding in found:
        print(finding)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
