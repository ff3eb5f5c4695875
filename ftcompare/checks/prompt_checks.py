"""Whether an answer passes a check of its prompt, and if not, why."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import regex

from ftcompare.checks.field_items import scored
from ftcompare.checks.json_schema import UnusableSchemaError, why_unfit
from ftcompare.checks.refusal_rule import RefusalClass, read_opening, why_conflict_unnamed, why_not_abstaining
from ftcompare.checks.text_overlap import SHORT_REFERENCE, reference_overlap
from ftcompare.core import prompt_check
from ftcompare.core.bounded_pattern import bounded_pattern
from ftcompare.core.hashing import refuse_constant
from ftcompare.core.language import N_, listed, tr
from ftcompare.core.structured_answer import json_value
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.core.trace import TraceStep

LEAST_LETTERS = 20  # for a detection; `benchmarks/language_detection.py` measures its accuracy
LEAST_SURE = 0.7  # minimum probability of the most likely language for a detection
MAX_READ = 10_000  # maximum number of characters read: more do not improve the detection

SAME_LANGUAGE = {"wuu": "zh", "yue": "zh", "ary": "ar", "arz": "ar", "nn": "no", "uzs": "uz"}  # to ISO 639-1
NO_LANGUAGE = "zxx"

_NO_PROSE = re.compile(
    r"^[ ]{0,3}(?P<fence>`{3,}|~{3,}).*?(?:^[ ]{0,3}(?P=fence)[ \t]*$|\Z)"  # code
    r"|`[^`\n]+`|\bhttps?://\S+|\$\$.+?\$\$|\\\[.+?\\\]",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class DetectedLanguage:
    code: str  # ISO 639-1, or 639-3 for a language without such a code
    sure: float  # its probability, 0 to 1
    letters: int  # number of letters of the text, without code, formulas and web addresses

    @property
    def told(self) -> bool:
        return self.letters >= LEAST_LETTERS and self.sure >= LEAST_SURE and self.code != NO_LANGUAGE


def detected_language(text: str) -> DetectedLanguage:
    """Detect the language of the start of a text, by py3langid (Lui & Baldwin 2012, "langid.py")."""
    prose = _NO_PROSE.sub(" ", text[:MAX_READ])
    shares: defaultdict[str, float] = defaultdict(float)
    for code, share in _detector().rank(prose):
        shares[SAME_LANGUAGE.get(code, code)] += share
    code = max(shares, key=lambda one: shares[one])
    return DetectedLanguage(code, shares[code], sum(map(str.isalpha, prose)))


@cache
def _detector() -> Any:
    """Load the detector on first use, because it takes about half a second."""
    langid = import_module("py3langid.langid")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)


REGEX_SECONDS = 0.1  # time limit of a regular expression on one answer, in seconds

_NUMBER = re.compile(r"(?<!\w)-?\.?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?", re.IGNORECASE)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GROUPED_BY_POINTS = re.compile(r"-?\d{1,3}(?:\.\d{3})+,\d+")
_AVOIDED = (TermStatus.DEPRECATED, TermStatus.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class CheckInput:
    labels: Sequence[str] = ()  # the labels of the prompt
    terms: Callable[[str], Iterable[GlossaryTerm]] = lambda _: ()  # finds the glossary terms in a text
    concepts: frozenset[str] = frozenset()  # the concepts of the glossary
    references: tuple[str, ...] = ()  # the accepted answers, each with at least one word
    passages: tuple[str, ...] = ()  # the texts of the context
    calls: tuple[TraceStep, ...] = ()  # the calls of tools in the answer's steps


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    passed: bool | None  # None where it cannot be decided, as for a concept that is not in the glossary
    why: str = ""  # a sentence without a full stop on why it did not pass; else empty


PASSED = CheckOutcome(passed=True)


def outcome(check: prompt_check.PromptCheck, text: str, answer: CheckInput) -> CheckOutcome:
    found = _RULES[type(check)](check, text, answer)
    return found if isinstance(found, CheckOutcome) else CheckOutcome(passed=not found, why=found)


def _why_not_contained(check: prompt_check.ContainsCheck, text: str, _: CheckInput) -> str:
    missing = [one for one in check.texts if not _stands(one, text, case=check.case, words=check.words)]
    if not missing or (check.any and len(missing) < len(check.texts)):
        return ""
    if check.any and len(missing) > 1:
        return tr("it contains none of {texts}", ", ".join(_quoted(missing)))
    return tr("it does not contain “{text}”", missing[0])


def _quoted(texts: Iterable[str]) -> list[str]:
    return [tr("“{text}”", one) for one in texts]


def _why_contained(check: prompt_check.NotContainsCheck, text: str, _: CheckInput) -> str:
    found = [one for one in check.texts if _stands(one, text, case=check.case, words=check.words)]
    return tr("it contains “{text}”", found[0]) if found else ""


def _stands(expected: str, text: str, *, case: bool, words: bool) -> bool:
    expected, text = (_comparable(one, case=case) for one in (expected, text))
    if not words:
        return expected in text
    return re.search(rf"(?<!\w){re.escape(expected)}(?!\w)", text) is not None


def _comparable(text: str, *, case: bool) -> str:
    text = unicodedata.normalize("NFC", text)
    return text if case else text.casefold()


@cache
def _compiled(pattern: str, case: bool) -> regex.Pattern[str]:
    compiled: regex.Pattern[str] = bounded_pattern(regex, pattern, 0 if case else regex.IGNORECASE)
    return compiled


def has_pattern(text: str, pattern: str, *, case: bool = False) -> bool:
    """Return whether a regular expression occurs in a text. Raises `TimeoutError` after `REGEX_SECONDS`."""
    return _compiled(pattern, case).search(text, timeout=REGEX_SECONDS) is not None


def _why_no_match(check: prompt_check.RegexCheck, text: str, _: CheckInput) -> str:
    try:
        match = has_pattern(text, check.pattern, case=check.case)
    except TimeoutError:
        return tr("the regular expression took longer than {seconds} s", REGEX_SECONDS)
    return "" if match else tr("it has no match of the regular expression")


_NO_JSON = N_("it is not valid JSON")


def _why_no_json(_check: prompt_check.JsonCheck, text: str, _: CheckInput) -> str:
    try:
        json_value(text)
    except (ValueError, RecursionError):
        return tr(_NO_JSON)
    return ""


def _schema_outcome(check: prompt_check.JsonSchemaCheck, text: str, _: CheckInput) -> CheckOutcome | str:
    try:
        value = json_value(text)
    except (ValueError, RecursionError):
        return tr(_NO_JSON)
    try:
        return why_unfit(value, check.schema)
    except UnusableSchemaError as why:
        return CheckOutcome(None, str(why))


def last_number(text: str) -> float | None:
    """Return the last number in a text.

    ``1,234.5`` and ``1.234,5`` have thousands separators; a single comma between digits is a decimal
    comma unless three digits follow. Of ``1,2,3`` and ``2026.11.15`` the last part is used. A hyphen is a
    minus sign where no letter or digit precedes it.
    """
    found = _NUMBER.findall(text.replace("−", "-"))
    return _value(found[-1]) if found else None


def _value(spelled: str) -> float:
    if _GROUPED.fullmatch(spelled):
        return float(spelled.replace(",", ""))
    if _GROUPED_BY_POINTS.fullmatch(spelled):
        return float(spelled.replace(".", "").replace(",", "."))
    if spelled.count(",") + spelled.count(".") > 1:
        return float(re.split("[.,]", spelled)[-1])
    return float(spelled.replace(",", "."))


def _why_not_the_number(check: prompt_check.NumberCheck, text: str, _: CheckInput) -> str:
    number = last_number(text)
    if number is None:
        return tr("it contains no number")
    # 0.1 + 0.2 must not fail because of rounding in the last bit of a double.
    slack = 1e-9 * max(abs(check.value), check.tolerance)
    if abs(number - check.value) <= check.tolerance + slack:
        return ""
    value = check.value
    return tr("its last number is {number:.10g}, not {expected:.10g}", number, value)


def _why_not_the_length(check: prompt_check.LengthCheck, text: str, _: CheckInput) -> str:
    words = check.unit is prompt_check.LengthUnit.WORDS
    length = len(text.split()) if words else len(text.strip())
    has = tr("it has {length} words", length) if words else tr("it has {length} characters", length)
    if check.low is not None and length < check.low:
        return tr("{length}, fewer than {limit}", has, check.low)
    if check.high is not None and length > check.high:
        return tr("{length}, more than {limit}", has, check.high)
    return ""


def named_labels(text: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that a text names, each once, in the order of ``labels``.

    Labels must be whole words, in any case; a label of one character must match in case, because “a” is a
    word. If one label contains another (*not valid*, *valid*), only the longer one counts as named.
    """
    left, found = unicodedata.normalize("NFC", text), set()
    for label in sorted(labels, key=len, reverse=True):
        wanted = re.escape(unicodedata.normalize("NFC", label))
        flags = 0 if len(label) == 1 else re.IGNORECASE
        shortened = re.sub(rf"(?<!\w){wanted}(?!\w)", "\0", left, flags=flags)
        if shortened != left:
            found.add(label)
            left = shortened
    return tuple(label for label in labels if label in found)


def _why_not_one_label(_check: prompt_check.LabelCheck, text: str, check_input: CheckInput) -> str:
    found = named_labels(text, check_input.labels)
    if len(found) == 1:
        return ""
    return tr("it names {labels}", listed(_quoted(found))) if found else tr("it names no label")


def _term_outcome(check: prompt_check.TermCheck, text: str, check_input: CheckInput) -> CheckOutcome | str:
    if check.concept not in check_input.concepts:
        return CheckOutcome(None, tr("the glossary has no concept “{check.concept}”", check))
    used = [term for term in check_input.terms(text) if term.concept == check.concept]
    avoided = next((term.term for term in used if term.status in _AVOIDED), "")
    if avoided:
        return tr("it uses “{term}”, which should be avoided", avoided)
    if any(term.status is TermStatus.PREFERRED for term in used):
        return PASSED
    return tr("it uses no preferred term of “{check.concept}”", check)


def _reference_outcome(
    check: prompt_check.ReferenceCheck, text: str, check_input: CheckInput
) -> CheckOutcome | str:
    if not check_input.references:
        return CheckOutcome(None, tr("the prompt has no reference"))
    found = reference_overlap(text, check_input.references)
    if found >= check.overlap:
        return PASSED
    if all(len(one.split()) <= SHORT_REFERENCE for one in check_input.references):
        return tr("it does not contain the reference")
    shares = "it shares {share:.2f} of its wording with the reference, less than {least:.10g}"
    return tr(shares, share=found, least=check.overlap)


def _fields_outcome(
    check: prompt_check.FieldsCheck, text: str, check_input: CheckInput
) -> CheckOutcome | str:
    found = scored(text, check_input.references, check.names)
    if found is None:
        return CheckOutcome(None, tr("the prompt has no reference that is a JSON object or list"))
    if not found.valid:
        return tr(_NO_JSON)
    wrong = [name for name, one in found.items.items() if one.given != one.expected]
    return tr("it differs from the reference in {fields}", ", ".join(_quoted(wrong))) if wrong else PASSED


def _language_outcome(check: prompt_check.LanguageCheck, text: str, _: CheckInput) -> CheckOutcome | str:
    found = detected_language(text)
    if not found.told:
        few = "its language cannot be determined, it has fewer than {letters} letters of prose"
        unsure = tr("its language cannot be determined, no language is likely enough")
        short = found.letters < LEAST_LETTERS
        return CheckOutcome(None, tr(few, letters=LEAST_LETTERS) if short else unsure)
    return "" if found.code == check.language else tr("it is in “{language}”", found.code)


def _why_not_as_expected(check: prompt_check.RefusalCheck, text: str, _: CheckInput) -> str:
    """Return why the check fails. A partial refusal is neither a refusal nor a complete answer."""
    if not text.strip():
        return tr(_EMPTY)
    found = read_opening(text)
    wanted = RefusalClass.REFUSAL if check.refused else RefusalClass.ANSWER
    if found.kind is wanted:
        return ""
    if found.kind is RefusalClass.PARTIAL:
        return tr("it declines in part: “{words}”", found.words)
    declines = tr("it declines: “{words}”", found.words)
    return tr("it does not decline") if check.refused else declines


_EMPTY = N_("it is empty")


def _abstain_outcome(_check: prompt_check.AbstainCheck, text: str, _: CheckInput) -> str:
    return why_not_abstaining(text) if text.strip() else tr(_EMPTY)


def _conflict_outcome(_check: prompt_check.NameConflictCheck, text: str, check_input: CheckInput) -> str:
    return why_conflict_unnamed(text, check_input.passages) if text.strip() else tr(_EMPTY)


def _called_outcome(
    check: prompt_check.CalledCheck, _text: str, check_input: CheckInput
) -> CheckOutcome | str:
    names = [call.name for call in check_input.calls]
    if missing := [tool for tool in check.tools if tool not in names]:
        return tr("it does not call “{tool}”", missing[0])
    left = iter(names)
    if check.ordered and not all(tool in left for tool in check.tools):
        return tr("it calls its tools in another order: {tools}", ", ".join(names))
    if not check.arguments:
        return PASSED
    given = [call.arguments for call in check_input.calls if call.name in check.tools]
    # The arguments of one of the calls must fit.
    why = ""
    for arguments in given:
        try:
            why = why_unfit(json.loads(arguments or "{}", parse_constant=refuse_constant), check.arguments)
        except UnusableSchemaError as unusable:
            return CheckOutcome(None, str(unusable))
        except (ValueError, RecursionError):
            why = tr(_NO_JSON)
        if not why:
            return PASSED
    return tr("it calls “{tool}” with other arguments: {why}", check.tools[0], why)


def _why_called(check: prompt_check.NotCalledCheck, _text: str, check_input: CheckInput) -> str:
    called = [call.name for call in check_input.calls if not check.tools or call.name in check.tools]
    return tr("it calls “{tool}”", called[0]) if called else ""


TEXT_RULES: dict[type[prompt_check.PromptCheck], Callable[[Any, str, CheckInput], CheckOutcome | str]] = {
    prompt_check.ContainsCheck: _why_not_contained,
    prompt_check.NotContainsCheck: _why_contained,
    prompt_check.RegexCheck: _why_no_match,
    prompt_check.JsonCheck: _why_no_json,
    prompt_check.NumberCheck: _why_not_the_number,
    prompt_check.LengthCheck: _why_not_the_length,
    prompt_check.LabelCheck: _why_not_one_label,
    prompt_check.ReferenceCheck: _reference_outcome,
    prompt_check.RefusalCheck: _why_not_as_expected,
    prompt_check.AbstainCheck: _abstain_outcome,
}
"""Rule of each check that needs only the answer's text and the prompt; see `reward_file`. It returns an
outcome, or why the check fails, as a sentence without a full stop."""
_RULES = TEXT_RULES | {
    prompt_check.JsonSchemaCheck: _schema_outcome,
    prompt_check.FieldsCheck: _fields_outcome,
    prompt_check.TermCheck: _term_outcome,
    prompt_check.LanguageCheck: _language_outcome,
    prompt_check.NameConflictCheck: _conflict_outcome,
    prompt_check.CalledCheck: _called_outcome,
    prompt_check.NotCalledCheck: _why_called,
}
