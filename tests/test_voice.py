"""The linter for wording flags what it should, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from docs import check_voice
from docs.check_voice import COMMENT, DOCSTRING, PROSE, STRING, Text, findings, texts_of_code, texts_of_page

EXAMPLES = {
    "told": (
        "Counts are told after unblinding.",
        "Counts are shown after unblinding. The rater told the owner.",
    ),
    "so many": ("Write at most so many pairs.", "Generate pairs for at most N prompts."),
    "at first": ("Longest response. At first: 1024.", "At first, raters see two pairs for practice."),
    "anew": ("The page is shown anew.", "The page is shown again."),
    "take over": ("Take over what was judged in packs.", "Merge the judgments from rater packs."),
    "stands": (
        "The label stands twice in the file.",
        "The label appears twice. A name stands for one system.",
    ),
    "by itself": ("Draw for each system by itself.", "Sample each system independently."),
    "of which": ("A list of pairs of which ten, of which two.", "A list of pairs, of which two are new."),
    "the one whose": (
        "Of the labels the one whose text is likely.",
        "The label with the highest probability.",
    ),
    "relative clause as subject": ("What is missing is listed.", "What is missing? See what to do next."),
    "held against": ("Each is held against the base.", "Each is compared with the base."),
    "is said": ("Nothing is said of others.", "It applies only to these prompts."),
    "moot": ("Measuring is moot.", "A mooring is safe."),
    "speaks of": ("It speaks for these raters.", "It applies to these raters."),
    "knows of": ("The study knows of the pack.", "The study has a record of the pack."),
    "is silent": ("The command is silent.", "The command prints nothing."),
    "gives away": ("Words give it away.", "Words identify it."),
    "and the like": ("For commas and the like.", "For commas, quotes, and tabs."),
    "on hand": ("The prompts at hand count.", "The prompts of this study count."),
    "mend": ("Mend it, or empty the cell.", "Correct it, or empty the cell."),
    "has room for": ("The disk has no room for it.", "The disk has 2 GB free."),
    "with so much": ("Do not start with so little memory.", "Start with at least 8 GB of memory."),
    "write over": ("Write over a file.", "Overwrite a file."),
    "in its own words": ("Each line needs words.", "Each line needs a text."),
    "verb of holding": ("A rule holds that names differ.", "A rule requires different names."),
    "unless given": ("true unless given.", "Default: true."),
    "tells": ("The page tells the systems.", "The page shows the systems. A mark tells apart two runs."),
    "goes by": ("It goes by the lower end.", "It uses the lower end."),
    "is to be": ("The pair is to be judged.", "The pair must be judged."),
    "shut off": ("Code is shut off from this machine.", "Code is isolated from this machine."),
    "lies": ("The file lies in the folder.", "The interval lies above 50%."),
    "likelier": ("The second is likelier.", "The second is more likely."),
    "be had": ("A font that can be had.", "An available font."),
    "comes of": ("The gap comes of the template.", "The gap comes from the template."),
    "semicolon chain": ("One; two; three.", "One; two. Lin 2004; Post 2018; Popović 2015."),
    "British spelling": ("The colours of the catalogue.", "The colors of the catalog. COLOUR"),
    "two names": ("Open a folder of open files.", "Open an exported study folder."),
    "long": (
        " ".join(["A", *["word"] * 36, "here."]),
        "A short sentence. p = 1 " + "and so on " * 12 + "ends.",
    ),
}
"""By pattern a text that it flags, and one that no pattern flags."""


def patterns_in(text: str, kind: str = PROSE) -> set[str]:
    return {finding.pattern for finding in findings(Text(kind, "page.md", 1, text))}


def test_every_pattern_has_an_example() -> None:
    own = {"British spelling", "two names", "long"}
    assert {pattern.name for pattern in check_voice.PATTERNS} | own == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_pattern_flags_its_example_and_not_the_better_text(name: str) -> None:
    flagged, better = EXAMPLES[name]
    assert name in patterns_in(flagged)
    assert patterns_in(better) == set()


SOURCE = '''"""A module.  # no comment"""

# A first
# comment.
CODE = 1  # a second

def title(name):
    """Return `told` for a name."""
    return f"The pair of {name['a']} " "is told. " 'It is "new".'

QUERY, KEY = "SELECT a FROM b", "key"
'''

PAGE = """# A heading

A paragraph of
[two lines](page.md) with `code is told`.

- first item
- second item

| table | is told |

```
code is told
```
"""


def described(texts: Iterator[Text]) -> list[tuple[str, int, str]]:
    return [(text.kind, text.line, re.sub(r"\s+", " ", text.text).strip()) for text in texts]


def test_the_texts_of_code_and_pages_are_found_with_their_lines() -> None:
    assert described(texts_of_code("a.py", SOURCE)) == [
        (DOCSTRING, 1, "A module. # no comment"),
        (COMMENT, 3, "A first comment."),
        (COMMENT, 5, "a second"),
        (DOCSTRING, 8, "Return `told` for a name."),
        (STRING, 9, 'The pair of X is told. It is "new".'),
    ]
    assert described(texts_of_page("a.md", PAGE)) == [
        (PROSE, 1, "A heading"),
        (PROSE, 3, "A paragraph of [two lines](page.md) with `code is told`."),
        (PROSE, 6, "first item"),
        (PROSE, 7, "second item"),
    ]
    assert patterns_in("Code: `it is told`.") == set()


def test_an_exception_is_still_needed() -> None:
    unused = set(check_voice.ALLOWED)
    for text in check_voice.all_texts():
        unused -= {(path, words) for path, words in unused if path == text.path and words in text.text}
    assert unused == set()
