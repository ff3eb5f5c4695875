"""The checks that prompts define, and the answers that fail one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ftcompare.app.setup.asked_checks import EXPECTED, asked_checks, references
from ftcompare.core.context import Expectation
from ftcompare.core.disclosure import Subject
from ftcompare.core.prompt_check import PromptCheck, TermCheck
from ftcompare.core.study import GlossaryTerm, Prompt, PromptId, PromptSpec
from ftcompare.formats.prompt_checks import text_checks
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.matching import Matcher

if TYPE_CHECKING:
    from ftcompare.checks.prompt_checks import CheckInput, CheckOutcome


@dataclass(frozen=True, slots=True)
class AskedChecks:
    """The checks of one prompt, with the data that they need beside an answer."""

    checks: tuple[PromptCheck, ...]
    asked: CheckInput

    @property
    def decides(self) -> bool:
        """Whether any check can show that an answer is right.

        That an answer does not decline shows nothing, and a concept that the glossary lacks has no result.
        """
        return any(map(self._counts, self.checks))

    def _counts(self, check: PromptCheck) -> bool:
        if isinstance(check, TermCheck):
            return check.concept in self.asked.concepts
        return check != EXPECTED[Expectation.ANSWER]

    def outcomes(self, text: str) -> tuple[tuple[PromptCheck, CheckOutcome], ...]:
        from ftcompare.checks.prompt_checks import outcome  # loads rapidfuzz, which the window starts without

        return tuple((check, outcome(check, text, self.asked)) for check in self.checks)

    def fails(self, text: str) -> bool:
        """Whether an answer fails at least one check; checks without a result do not count."""
        return any(found.passed is False for _, found in self.outcomes(text))

    def passes(self, outcomes: Iterable[tuple[PromptCheck, CheckOutcome]]) -> bool | None:
        """Whether an answer with these results passes; None where no check that counts has a result."""
        results = [(check, found.passed) for check, found in outcomes if found.passed is not None]
        if not any(self._counts(check) for check, _ in results):
            return None
        return all(passed for _, passed in results)


def checks_of(study: StudyFile, prompts: Iterable[Prompt]) -> Mapping[PromptId, AskedChecks]:
    prompts = tuple(prompts)
    checks = checks_of_specs((prompt.spec for prompt in prompts), study.glossary.terms())
    return {prompt.id: own for prompt, own in zip(prompts, checks, strict=True)}


def checks_of_specs(specs: Iterable[PromptSpec], glossary: Sequence[GlossaryTerm]) -> list[AskedChecks]:
    from ftcompare.checks.prompt_checks import CheckInput

    matcher, concepts = Matcher(glossary), frozenset(term.concept for term in glossary)

    def terms(text: str) -> list[GlossaryTerm]:
        return [use.term for use in matcher.find(text)]

    return [
        AskedChecks(
            asked_checks(spec),
            CheckInput(
                spec.labels, terms, concepts, references(spec), tuple(one.text for one in spec.context)
            ),
        )
        for spec in specs
    ]


def has_checks(study: StudyFile) -> bool:
    """Whether a prompt defines checks and their results may be shown."""
    told = study.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES)
    asked = any(map(text_checks, study.prompts.checks())) if told else False
    return asked or (told and not EXPECTED.keys().isdisjoint(study.prompts.expectations()))


def failed_answers(study: StudyFile) -> frozenset[int]:
    """The responses that fail a check of their prompt. Raises `UserError`: ``still-blinded``."""
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    wanted = checks_of(study, study.prompts.all())
    return frozenset(one.id for one in study.responses.all() if wanted[one.prompt].fails(one.text))
