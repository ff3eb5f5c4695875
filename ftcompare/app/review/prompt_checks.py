"""The checks that prompts define, and the answers that fail one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ftcompare.app.setup.asked_checks import EXPECTED, asked_checks
from ftcompare.checks.prompt_checks import Asked, outcome
from ftcompare.core.disclosure import Subject
from ftcompare.core.prompt_check import PromptCheck
from ftcompare.core.study import Prompt, PromptId
from ftcompare.formats.prompt_checks import text_checks
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.matching import Matcher


@dataclass(frozen=True, slots=True)
class AskedChecks:
    """The checks of one prompt, with the data that they need beside an answer."""

    checks: tuple[PromptCheck, ...]
    asked: Asked

    def fails(self, text: str) -> bool:
        """Whether an answer fails at least one check; checks without a result do not count."""
        return any(outcome(check, text, self.asked).passed is False for check in self.checks)

    def passes(self, text: str) -> bool | None:
        """Whether an answer passes all checks that have a result; None when no check has one."""
        told = {outcome(check, text, self.asked).passed for check in self.checks} - {None}
        return False not in told if told else None


def checks_of(study: StudyFile, prompts: Iterable[Prompt]) -> Mapping[PromptId, AskedChecks]:
    """The checks of each prompt, including prompts without a check."""
    glossary = study.glossary.terms()
    matcher, concepts = Matcher(glossary), frozenset(term.concept for term in glossary)

    return {
        prompt.id: AskedChecks(
            asked_checks(prompt.spec),
            Asked(prompt.spec.labels, lambda text: [use.term for use in matcher.find(text)], concepts),
        )
        for prompt in prompts
    }


def has_checks(study: StudyFile) -> bool:
    """Whether a prompt defines checks and their results may be shown."""
    told = study.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES)
    asked = any(map(text_checks, study.prompts.checks())) if told else False
    return asked or (told and not EXPECTED.keys().isdisjoint(study.prompts.expectations()))


def failed_answers(study: StudyFile) -> frozenset[int]:
    """The responses that fail a check of their prompt.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    wanted = checks_of(study, study.prompts.all())
    return frozenset(one.id for one in study.responses.all() if wanted[one.prompt].fails(one.text))
