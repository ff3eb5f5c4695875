"""The reward functions of a reward file (`reward_file`), and replacements of other libraries in it.

The stemmer is Snowball's for English (github.com/snowballstem/snowball, ``algorithms/english.sbl``, 3.1), for
words without apostrophes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from ftcompare.checks.prompt_checks import TEXT_RULES, CheckInput, CheckOutcome
from ftcompare.core import prompt_check
from ftcompare.core.reasoning import split_reasoning


def reward(completions: Sequence[Any], grader: Sequence[str], **_columns: object) -> list[float]:
    """Return 1 for each completion that passes every check of its prompt, else 0; for TRL's GRPOTrainer."""
    return [float(all(passed)) for passed in _results(completions, grader)]


def share_of_checks(completions: Sequence[Any], grader: Sequence[str], **_columns: object) -> list[float]:
    """Return the share of its prompt's checks, 0 to 1, that each completion passes."""
    return [sum(passed) / len(passed) for passed in _results(completions, grader)]


def _results(completions: Sequence[Any], grader: Sequence[str]) -> list[list[bool]]:
    texts = (one if isinstance(one, str) else one[-1].get("content") for one in completions)
    return [check_results(text, own) for text, own in zip(texts, grader, strict=True)]


def grade(sample: dict[str, Any], item: dict[str, Any]) -> float:
    """Return 1 if an answer passes every check of its prompt, else 0; for OpenAI's Python grader."""
    return float(all(check_results(sample.get("output_text"), item["grader"])))


def check_results(text: str | None, grader: str) -> list[bool]:
    """Return whether an answer, without its reasoning, passes each check of the JSON text ``grader``."""
    given = json.loads(grader)
    about = CheckInput(labels=given["labels"], references=tuple(given["references"]))
    answer = split_reasoning(text or "").answer
    return [bool(outcome(_check(**fields), answer, about).passed) for fields in given["checks"]]


def _check(kind: str, **fields: Any) -> Any:
    if "unit" in fields:
        fields["unit"] = prompt_check.LengthUnit(fields["unit"])
    return next(form for form in TEXT_RULES if form.kind == kind)(**fields)


def outcome(check: Any, text: str, about: CheckInput) -> CheckOutcome:
    found = TEXT_RULES[type(check)](check, text, about)
    return found if isinstance(found, CheckOutcome) else CheckOutcome(passed=not found, why=found)


PHRASES: dict[str, str] = {}  # the texts of the files of phrases, which the reward file contains


def phrases_text(file: str) -> str:
    return PHRASES[file]


def tr(message: str, *_values: object, **_named: object) -> str:
    return message


def N_(message: str) -> str:
    return message


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)


@cache
def _compiled(pattern: str, case: bool) -> Any:
    try:
        import regex
    except ImportError:
        return _Unlimited(pattern, 0 if case else re.IGNORECASE)
    return regex.compile(pattern, 0 if case else regex.IGNORECASE)


class _Unlimited:
    """A regular expression of the standard library, which has no time limit."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._pattern = re.compile(pattern, flags)

    def search(self, text: str, timeout: float) -> object:
        del timeout
        return self._pattern.search(text)


class LCSseq:
    @staticmethod
    def similarity(first: Sequence[str], second: Sequence[str]) -> int:
        row = [0] * (len(second) + 1)
        for word in first:
            above = 0
            for place, beside in enumerate(second, start=1):
                longer = above + 1 if word == beside else max(row[place], row[place - 1])
                above, row[place] = row[place], longer
        return row[-1]


STEMMED_FROM = 4


def _table(text: str) -> dict[str, str]:
    """Return endings or words with their replacements, written ``sses>ss``; ``al>`` has an empty one."""
    return dict(part.split(">") for part in text.split())


_EXCEPTIONS = _table(
    "skis>ski skies>sky idly>idl gently>gentl ugly>ugli early>earli only>onli singly>singl sky>sky "
    "news>news howe>howe atlas>atlas cosmos>cosmos bias>bias andes>andes"
)
_VOWEL = re.compile("[aeiouy]")
_REGION = re.compile("[aeiouy][^aeiouy]")
_FIRST = re.compile("gener|commun|arsen|past|univers|later|emerg|organ|inter")
_SHORT = re.compile("[^aeiouy][aeiouy][^aeiouywxY]$|^[aeiouy][^aeiouy]$|past$")
_WITH_ING = re.compile("^(?:inn|out|cann|herr|earr|even)$")
_STEP_2 = _table(
    "tional>tion enci>ence anci>ance abli>able entli>ent izer>ize ization>ize ational>ate ation>ate "
    "ator>ate alism>al aliti>al alli>al fulness>ful ousli>ous ousness>ous iveness>ive iviti>ive "
    "biliti>ble bli>ble ogist>og ogi>og fulli>ful lessli>less li>"
)
_STEP_3 = _table("tional>tion ational>ate alize>al icate>ic iciti>ic ical>ic ful> ness> ative>")
_STEP_4 = _table(
    "al> ance> ence> er> ic> able> ible> ant> ement> ment> ent> ism> ate> iti> ous> ive> ize> ion>"
)


@cache
def stemmed(word: str) -> str:
    if len(word) < STEMMED_FROM or word in _EXCEPTIONS:
        return _EXCEPTIONS.get(word, word)
    word = re.sub("^y|([aeiouy])y", lambda match: f"{match[1] or ''}Y", word)
    first = _FIRST.match(word) or _REGION.search(word)
    r1 = first.end() if first else len(word)
    second = _REGION.search(word, r1)
    r2 = second.end() if second else len(word)
    word = _without_ending(_without_plural(word), r1)
    if word[-1] in "yY" and len(word) > 2 and not _VOWEL.match(word[-2]):
        word = f"{word[:-1]}i"
    for table, region in ((_STEP_2, r1), (_STEP_3, r1), (_STEP_4, r2)):
        word = _replaced(word, table, region, r2)
    stem = word[:-1]
    silent = word[-1] == "e" and len(stem) >= r1 and not _SHORT.search(stem)
    if silent or (len(stem) >= r2 and word.endswith(("e", "ll"))):
        word = stem
    return word.replace("Y", "y")


def _without_plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith(("ied", "ies")):
        return word[:-2] if len(word) > 4 else word[:-1]
    if word.endswith(("us", "ss")) or not word.endswith("s"):
        return word
    return word[:-1] if _VOWEL.search(word[:-2]) else word


def _without_ending(word: str, r1: int) -> str:
    ending = next((one for one in ("eedly", "ingly", "edly", "eed", "ing", "ed") if word.endswith(one)), "")
    stem = word.removesuffix(ending)
    if ending.startswith("eed"):
        return f"{stem}ee" if len(stem) >= r1 and stem not in ("proc", "exc", "succ") else word
    if not ending or (ending == "ing" and _WITH_ING.match(stem)):
        return word
    if ending == "ing" and re.fullmatch("[^aeiouy]y", stem):
        return f"{stem[0]}ie"
    if not _VOWEL.search(stem):
        return word
    if stem.endswith(("at", "bl", "iz")):
        return f"{stem}e"
    if re.search(r"([bdfgmnprt])\1$", stem):
        return stem if re.fullmatch("[aeo]..", stem) else stem[:-1]
    return f"{stem}e" if len(stem) == r1 and _SHORT.search(stem) else stem


def _replaced(word: str, table: dict[str, str], region: int, r2: int) -> str:
    ending = max((one for one in table if word.endswith(one)), key=len, default="")
    stem = word.removesuffix(ending)
    before = {"ogi": "l", "li": "cdeghkmnrt", "ion": "st"}.get(ending)
    fits = before is None or stem.endswith(tuple(before))
    kept = not ending or len(stem) < region or not fits or (ending == "ative" and len(stem) < r2)
    return word if kept else stem + table[ending]
