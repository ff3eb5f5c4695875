"""Use of glossary terms by each system over the whole study, differences between systems, and preferences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from ftcompare.app.review.result_slice import ALL_PROMPTS, PromptPart, TermList, prompts_of
from ftcompare.app.study.altered_study import integrity_json
from ftcompare.app.study.shown_names import system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.hashing import Json, fields_json
from ftcompare.core.integrity import Integrity
from ftcompare.core.study import GlossaryTerm, PromptId, RaterKind, Response, System, TermStatus
from ftcompare.stats.vote_table import FloatArray, IntArray
from ftcompare.stats.win_rate import Rate, rate_over_prompts
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms import usage
from ftcompare.terms.matching import Adherence, Match, Matcher, adherence, concept_of, concept_shares

LEAST_PROMPTS = 6
"""Minimum number of prompts for a rate: with 5, full agreement has a two-sided p of 2 / 2⁵ = 0.06."""


@dataclass(frozen=True, slots=True)
class TermPreference:
    """The judgments of pairs in which exactly one answer uses a term."""

    judgments: int  # number of these judgments
    prompts: int  # number of their prompts
    # how often the answer with the term is preferred, ties counting as half, with an interval over prompts;
    # None for fewer than `LEAST_PROMPTS` prompts
    rate: Rate | None


class TermPreferences:
    """Ordinary pairs that people, else programs, judged, for dividing by which answer uses a term."""

    def __init__(self, study: StudyFile, responses: Collection[Response]) -> None:
        """Read the judgments of pairs of these responses; none while preferences are withheld."""
        self._place = {response.id: place for place, response in enumerate(responses)}
        prompts: dict[PromptId, int] = {}
        of_prompt = [prompts.setdefault(response.prompt, len(prompts)) for response in responses]
        told = study.settings.read().disclosure.tells(Subject.TERM_PREFERENCES)
        every = study.judgments.preferences() if told else ()
        rows = [row for row in every if row.a in self._place and row.b in self._place]
        people = [row for row in rows if row.rater_kind is RaterKind.HUMAN]
        self.told = told
        self.automatic = bool(rows) and not people
        counted = people or rows
        self._a = np.array([self._place[row.a] for row in counted], dtype=np.int64)
        self._b = np.array([self._place[row.b] for row in counted], dtype=np.int64)
        self._preference = np.array([row.preference for row in counted], dtype=np.float64)
        self._prompt: IntArray = np.array(of_prompt, dtype=np.int64)[self._a] if counted else self._a

    def of(self, places: Collection[int] | IntArray) -> TermPreference | None:
        """The preference for the responses at these indices over the others; None while that is withheld."""
        if not self.told:
            return None
        using = np.zeros(len(self._place), dtype=np.bool_)
        using[np.asarray(places, dtype=np.int64)] = True
        in_a, in_b = using[self._a], using[self._b]
        chosen = in_a != in_b
        share: FloatArray = np.where(in_b, self._preference, 1 - self._preference)[chosen]
        prompts = self._prompt[chosen]
        count = len(np.unique(prompts))
        rate = rate_over_prompts(share, prompts) if count >= LEAST_PROMPTS else None
        return TermPreference(len(share), count, rate)


def preference_json(found: TermPreference | None) -> Json:
    """The preference in ``terms compare --json``; None while withheld. ``value``: None for few prompts."""
    if found is None:
        return None
    rate = fields_json(found.rate, "value", "low", "high", "method")
    return rate | fields_json(found, "judgments", "prompts")


ALL_SYSTEMS = "all systems"
"""The column of a table in which all systems are pooled."""
_STEP = 50
"""Number of answers between two progress reports."""
_OUTDATED = (TermStatus.DEPRECATED, TermStatus.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class TermTable:
    """Use of the glossary terms over a study."""

    # the columns in the order to show; one column for all systems while they are withheld
    systems: tuple[str, ...]
    rows: tuple[usage.TermUsage, ...]
    prompts: int  # number of prompts that any system answered
    adherence: Mapping[str, Adherence]  # adherence over all answers of a system
    # how often each system chose the preferred term, by concept (`adherence.concept_shares`)
    concept_shares: Mapping[str, Mapping[str, float | None]]
    # difference of each other system from the first
    differences: Mapping[tuple[GlossaryTerm, str], usage.UsageDifference]
    glossary: int  # number of terms in the glossary, used or not
    # why use is not shown by system: an expert in the field could recognize the fine-tune by its words. None
    # where it is shown.
    withheld: Withheld | None = None
    integrity: Integrity = field(default_factory=Integrity)  # whether the responses are unaltered
    part: PromptPart = ALL_PROMPTS  # the prompts on which terms are counted
    mixed: tuple[usage.MixedConcept, ...] = ()  # answers that use two terms of one concept
    # how answers that use a term were judged; empty while that is withheld
    preferences: Mapping[GlossaryTerm, TermPreference] = field(default_factory=dict)
    # whether the first system is the base and all others are fine-tuned; False while withheld
    tuned: bool = False
    automatic: bool = False  # whether the judgments are of programs, since no person judged

    def listed(self, which: TermList) -> tuple[usage.TermUsage, ...]:
        return tuple(row for row in self.rows if self._is_in(row, which))

    def _is_in(self, row: usage.TermUsage, which: TermList) -> bool:
        match which:
            case TermList.LEARNT:
                return self._told(row, "more")
            case TermList.LOST:
                return self._told(row, "less")
            case TermList.OUTDATED:
                return self._outdated(row)
            case TermList.MIXED:
                return any(row.term in mixed.terms for mixed in self.mixed)
        return True

    def _told(self, row: usage.TermUsage, told: str) -> bool:
        found = (self.differences.get((row.term, system)) for system in self.systems[1:])
        return any(one is not None and one.told == told for one in found)

    def _outdated(self, row: usage.TermUsage) -> bool:
        using = self.systems[1:] or self.systems
        return row.term.status in _OUTDATED and any(row.counts.get(system, 0) for system in using)


def study_terms(
    study: StudyFile, part: PromptPart = ALL_PROMPTS, progress: ProgressCallback = ignore_progress
) -> TermTable:
    """Count glossary terms in every response: for each system, or for all together while that is withheld.

    Raises `UserError`: ``no-such-part``. Errors raised by ``progress`` propagate.
    """
    disclosure, names = study.settings.read().disclosure, system_names(study)
    withheld = disclosure.withheld(Subject.TERMS_BY_SYSTEM)
    if withheld is not None:
        names = dict.fromkeys(names, ALL_SYSTEMS)
    asked = prompts_of(study, part)
    responses = tuple(response for response in study.responses.all() if response.prompt in asked)
    present = {names[response.system] for response in responses}
    systems = tuple(name for name in dict.fromkeys(names.values()) if name in present)
    glossary = study.glossary.terms()
    answers = [usage.ResponseText(str(r.prompt), names[r.system], r.text, r.sample) for r in responses]
    found = _found(answers, Matcher(glossary), progress)
    rows = usage.term_table(found)
    differences = usage.usage_differences(found, *systems) if len(systems) > 1 else ()
    judged = TermPreferences(study, responses)
    return TermTable(
        systems=systems,
        rows=rows,
        prompts=len({r.prompt for r in responses}),
        adherence={system: adherence(_uses(rows, system)) for system in systems},
        concept_shares={
            system: concept_shares(match.term for match in _uses(rows, system)) for system in systems
        },
        differences={(one.term, one.system): one for one in differences},
        glossary=len(glossary),
        withheld=withheld,
        integrity=study.verify(),
        part=part,
        mixed=usage.mixed_concepts(found),
        preferences=_preferences(found, judged),
        tuned=disclosure.told(
            Subject.SYSTEM_DETAILS, lambda: tuned_from_first(study.systems.all(), responses), False
        ),
        automatic=judged.automatic,
    )


def tuned_from_first(systems: Iterable[System], responses: Iterable[Response]) -> bool:
    """Whether, among the systems with responses, the first is a base and all others are fine-tuned."""
    present = {response.system for response in responses}
    specs = [system.spec for system in systems if system.id in present]
    return len(specs) > 1 and specs[0].is_base and all(spec.fine_tuned for spec in specs[1:])


def _found(
    answers: Sequence[usage.ResponseText], matcher: Matcher, progress: ProgressCallback
) -> list[usage.UsedTerms]:
    found = []
    for done, used in enumerate(usage.used_terms(answers, matcher)):
        if done % _STEP == 0:
            progress("terms", done / len(answers))
        found.append(used)
    return found


def _preferences(
    found: Iterable[usage.UsedTerms], judged: TermPreferences
) -> dict[GlossaryTerm, TermPreference]:
    using: defaultdict[GlossaryTerm, list[int]] = defaultdict(list)
    for place, (_, terms) in enumerate(found):
        for term in set(terms):
            using[term].append(place)
    return {term: one for term, places in using.items() if (one := judged.of(places)) is not None}


def _uses(rows: Iterable[usage.TermUsage], system: str) -> Iterable[Match]:
    """One match for each use of a term by a system; the positions are arbitrary."""
    return (Match(0, 0, row.term) for row in rows for _ in range(row.counts.get(system, 0)))


def terms_json(table: TermTable) -> dict[str, Json]:
    """The ``terms compare --json`` document; systems are pooled while ``held_back`` is set."""
    return {
        "prompts": table.prompts,
        "part": table.part.as_json(),
        "integrity": integrity_json(table.integrity),
        "held_back": ["systems", "win_rates", "words"] if table.withheld else [],
        "systems": list(table.systems),
        "adherence": {name: asdict(table.adherence[name]) for name in table.systems},
        "judged_by": "programs" if table.automatic else "people",
        "lists": {
            which.value: [row.term.term for row in table.listed(which)]
            for which in TermList
            if which is not TermList.ALL
        },
        "mixed_concepts": [
            {
                "concept": mixed.concept,
                "terms": [{"term": term.term, "status": term.status.value} for term in mixed.terms],
                "answers": {name: mixed.answers.get(name, 0) for name in table.systems},
            }
            for mixed in table.mixed
        ],
        "terms": [_row_json(row, table) for row in table.rows],
    }


def _row_json(row: usage.TermUsage, table: TermTable) -> dict[str, Json]:
    return {
        "term": row.term.term,
        "status": row.term.status.value,
        "concept": row.term.concept,
        "counts": {name: row.counts.get(name, 0) for name in table.systems},
        "prompts": {name: row.prompts.get(name, 0) for name in table.systems},
        "adherence": {name: table.concept_shares[name].get(concept_of(row.term)) for name in table.systems},
        "win_rate": preference_json(table.preferences.get(row.term)),
        "differences": [
            _difference_json(found, table.systems[0])
            for name in table.systems
            if (found := table.differences.get((row.term, name)))
        ],
    }


def _difference_json(difference: usage.UsageDifference, first: str) -> dict[str, Json]:
    figures = {name: value for name, value in asdict(difference).items() if name != "term"}
    beginning = {"against": first, **fields_json(difference, "system", "prompts")}
    return {**beginning, **figures, "differs": difference.differs}
