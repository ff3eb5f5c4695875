"""Checks of prompts without a result: concepts that the glossary lacks, and references without words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from ftcompare.app.setup.asked_checks import references
from ftcompare.core.prompt_check import TermCheck
from ftcompare.core.study import GlossaryTerm, PromptSpec
from ftcompare.formats.prompt_checks import stored_checks
from ftcompare.formats.record_fields import shown

MOST_NAMED = 3
"""Maximum number of concepts named one by one."""


def unchecked_words(specs: Sequence[PromptSpec], terms: Sequence[GlossaryTerm]) -> str:
    """Sentences on checks of prompts that have no result; empty where there are none."""
    return " ".join(filter(None, (concept_words(specs, terms), reference_words(specs))))


def reference_words(specs: Iterable[PromptSpec]) -> str:
    """A sentence on references that have no words, such as “…”; empty where there are none."""
    lacking = [
        spec.key
        for spec in specs
        if {spec.reference, *spec.more_references} - {"", *references(spec), *spec.labels}
    ]
    return f"A reference has no words; it is not checked: prompt {_first(lacking)}." if lacking else ""


def concept_words(specs: Iterable[PromptSpec], terms: Sequence[GlossaryTerm]) -> str:
    """Sentences on concepts that checks name but the glossary lacks; empty where there are none."""
    concepts = tuple(dict.fromkeys(term.concept for term in terms))
    lacking: dict[str, str] = {}
    for spec in specs:
        for check in stored_checks(spec.checks):
            if isinstance(check, TermCheck) and check.concept not in concepts:
                lacking.setdefault(check.concept, spec.key)
    if not lacking:
        return ""
    if not concepts:
        return (
            f"Checks name concepts ({_first(lacking)}), and the study has no glossary: they are not checked "
            "until it has one."
        )
    named = [_named(concept, prompt, concepts) for concept, prompt in [*lacking.items()][:MOST_NAMED]]
    more = f"; and {len(lacking) - MOST_NAMED:,} more" if len(lacking) > MOST_NAMED else ""
    return (
        f"Checks name concepts that the glossary lacks, and are not checked: {'; '.join(named)}{more}. "
        "Write them as the glossary does, capital letters too."
    )


def _first(lacking: Iterable[str]) -> str:
    names = [*lacking]
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{shown(names[0])}{more}"


def _named(concept: str, prompt: str, concepts: Sequence[str]) -> str:
    """A concept with the first prompt that names it, and the most similar concept of the glossary."""
    folded = {known.casefold(): known for known in concepts}
    near = get_close_matches(concept.casefold(), folded, n=1)
    meant = f" (the glossary has {shown(folded[near[0]])})" if near else ""
    return f"{shown(concept)} of the prompt {shown(prompt)}{meant}"
