"""Words and phrases that one of two systems uses on more prompts than the other, and how they are judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from ftcompare.app.review.result_slice import ALL_PROMPTS, OF_WORDS, PromptPart, TermList, prompts_of
from ftcompare.app.review.study_terms import (
    TermPreference,
    TermPreferences,
    preference_json,
    tuned_from_first,
)
from ftcompare.app.study.shown_names import system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, fields_json, finite
from ftcompare.core.integrity import Integrity
from ftcompare.core.study import GlossaryTerm, Response, SystemId
from ftcompare.stats.rate_intervals import sign_flip_p
from ftcompare.store.study.study_file import StudyFile
from ftcompare.terms.keyness import Flags, log_likelihood, log_odds, log_ratio, log_ratio_bound
from ftcompare.terms.ngrams import (
    LEAST_DISCORDANT,
    LONGEST,
    Keys,
    NgramCounts,
    PairedPresence,
    Phrase,
    PhraseTests,
    ngram_counts,
    paired_presence,
    phrase_keys,
    phrase_tests,
)
from ftcompare.terms.usage import DIFFERENT, PresenceDifference

MOST_LISTED = 2000
"""Maximum number of listed words and phrases: those with the smallest p. All are tested."""
PRIOR = 0.05
"""Pseudo-count of each word in `log_odds`."""
_STEP = 50
"""Number of words between two progress reports."""
_SPLIT_INTO_WORDS = 0.6
"""Share of the progress that is reached when the answers are split into words and counted."""


@dataclass(frozen=True, slots=True)
class WordDifference(PresenceDifference):
    """How two systems' use of a word or phrase differs over the prompts that both answered."""

    phrase: Phrase
    term: GlossaryTerm | None  # the glossary term of this spelling; None if there is none
    uses: tuple[int, int]  # number of uses in all answers, by the first and by the second system
    # p value of a sign-flip test on the prompts' differences in number of uses; not corrected
    p_of_counts: float
    log_odds_z: float  # z score from `log_odds`; above 0 where the second system uses it more
    log_likelihood: float  # G² over two cells
    preference: TermPreference | None  # how answers that use it were judged; None while that is withheld

    @property
    def in_prompts(self) -> tuple[int, int]:
        """Number of prompts on which the first and the second system used it."""
        return self.first_only + self.both, self.second_only + self.both


@dataclass(frozen=True, slots=True)
class WordTable:
    """Words and phrases of two systems' answers."""

    first: str = ""  # name of the system to compare with; empty, as ``second``, while names are withheld
    second: str = ""
    systems: tuple[str, ...] = ()  # names of all systems with answers, in their order
    prompts: int = 0  # number of prompts that both systems answered
    # at most `MOST_LISTED`; those that differ first, sorted by `WordDifference.log_ratio_at_least`
    rows: tuple[WordDifference, ...] = ()
    tested: int = 0  # number of tested words and phrases
    learnt: int = 0  # number of these that the second system uses more; ``lost`` the number that it uses less
    lost: int = 0
    part: PromptPart = ALL_PROMPTS
    # how answers of the second system are judged against the first's, regardless of their words
    overall: TermPreference | None = None
    withheld: Withheld | None = None  # why nothing is shown; None where the table is
    tuned: bool = False  # whether the first system is a base and the second a fine-tune
    automatic: bool = False  # whether the judgments are of programs, since no person judged
    integrity: Integrity = field(default_factory=Integrity)

    def listed(self, which: TermList) -> tuple[WordDifference, ...]:
        told = {TermList.LEARNT: "more", TermList.LOST: "less"}.get(which)
        return tuple(row for row in self.rows if told is None or row.told == told)


def study_words(
    study: StudyFile,
    second: str = "",
    part: PromptPart = ALL_PROMPTS,
    progress: ProgressCallback = ignore_progress,
) -> WordTable:
    """Compare words and phrases, of up to `LONGEST` words, of the first system and of another.

    A phrase is tested if only one of the systems used it on at least `LEAST_DISCORDANT` prompts and it does
    not always stand within a longer phrase. If systems gave several answers to a prompt, the same number
    of each counts. Raises `UserError`: ``no-such-system``, ``no-such-part``. Errors of ``progress`` pass.
    """
    disclosure = study.settings.read().disclosure
    withheld = disclosure.withheld(Subject.TERMS_BY_SYSTEM)
    if withheld is not None:
        return WordTable(part=part, withheld=withheld, integrity=study.verify())
    names = system_names(study)
    asked = prompts_of(study, part)
    responses = [response for response in study.responses.all() if response.prompt in asked]
    present = {response.system for response in responses}
    systems = tuple(name for system, name in names.items() if system in present)
    table = WordTable(systems=systems, part=part, integrity=study.verify())
    if second and second not in systems:
        known = f"Systems with answers: {', '.join(systems) or 'none'}."
        raise UserError(f"No system “{second}” has answers here.", how=known, code="no-such-system")
    if len(systems) < 2:
        return table
    chosen = (systems[0], second or systems[1])
    ids = [next(system for system, name in names.items() if name == one) for one in chosen]
    answers = _paired(responses, ids[0], ids[1])
    found = _Compared(study, answers, ids[1], progress)
    return replace(
        table,
        first=chosen[0],
        second=chosen[1],
        prompts=found.prompts,
        rows=tuple(sorted(found.rows(progress), key=_in_order)),
        tested=len(found.tests.gram),
        learnt=found.different(found.presence.second_only > found.presence.first_only),
        lost=found.different(found.presence.second_only < found.presence.first_only),
        overall=found.judged.of(np.flatnonzero(found.second)),
        tuned=tuned_from_first((s for s in study.systems.all() if s.id in ids), responses),
        automatic=found.judged.automatic,
    )


def _in_order(row: WordDifference) -> tuple[bool, float, float, Keys]:
    return not row.differs, -abs(row.log_ratio_at_least), row.p, row.phrase.keys


def _paired(responses: Sequence[Response], first: SystemId, second: SystemId) -> list[Response]:
    """The answers of two systems to the same prompts, with the same samples of each."""
    of = {
        system: {(r.prompt, r.sample) for r in responses if r.system == system} for system in (first, second)
    }
    shared = of[first] & of[second]
    return [r for r in responses if r.system in of and (r.prompt, r.sample) in shared]


class _Compared:
    def __init__(
        self, study: StudyFile, answers: Sequence[Response], second: SystemId, progress: ProgressCallback
    ) -> None:
        texts = [response.text for response in answers]
        self.counts: NgramCounts = ngram_counts(
            texts, LEAST_DISCORDANT, lambda share: progress("words", _SPLIT_INTO_WORDS * share)
        )
        numbers = {prompt: number for number, prompt in enumerate({r.prompt: None for r in answers})}
        prompt = np.array([numbers[response.prompt] for response in answers], dtype=np.int64)
        self.prompts = len(numbers)
        self.second = np.array([response.system == second for response in answers], dtype=np.bool_)
        self.presence: PairedPresence = paired_presence(self.counts, prompt, self.second)
        self.tests: PhraseTests = phrase_tests(self.presence)
        self.judged = TermPreferences(study, answers)
        self._glossary = {phrase_keys(term.term): term for term in study.glossary.terms()[::-1]}
        size = self.counts.size
        self._words = int(size[~self.second].sum()), int(size[self.second].sum())

    def different(self, way: Flags) -> int:
        """Number of tested phrases that differ in one direction."""
        return int(np.count_nonzero(way[self.tests.gram] & (self.tests.q < DIFFERENT)))

    def rows(self, progress: ProgressCallback) -> Iterator[WordDifference]:
        tests, counts, found = self.tests, self.counts, self.presence
        uses = found.first_uses[tests.gram], found.second_uses[tests.gram]
        cells = uses[0], self._words[0], uses[1], self._words[1]
        likelihood = log_likelihood(*cells)
        odds = log_odds(*cells, prior=PRIOR, prior_total=PRIOR * len(counts))
        listed = np.lexsort((tests.gram, tests.p))[:MOST_LISTED]
        for done, place in enumerate(listed.tolist()):
            if done % _STEP == 0:
                progress("words", _SPLIT_INTO_WORDS + (1 - _SPLIT_INTO_WORDS) * done / len(listed))
            yield self._row(place, float(odds[place]), float(likelihood[place]))

    def _row(self, place: int, odds: float, likelihood: float) -> WordDifference:
        gram, found, tests = int(self.tests.gram[place]), self.presence, self.tests
        first_only, second_only, both = (
            int(each[gram]) for each in (found.first_only, found.second_only, found.both)
        )
        in_prompts = second_only + both, self.prompts, first_only + both, self.prompts
        phrase = self.counts.phrase(gram)
        begin, end = np.searchsorted(self.counts.gram, [gram, gram + 1])
        leads = found.leads(gram).astype(np.float64)
        return WordDifference(
            phrase=phrase,
            term=self._glossary.get(phrase.keys),
            uses=(int(found.first_uses[gram]), int(found.second_uses[gram])),
            first_only=first_only,
            second_only=second_only,
            both=both,
            prompts=self.prompts,
            log_ratio=log_ratio(*in_prompts),
            low=finite(float(tests.low[place])),
            high=finite(float(tests.high[place])),
            log_ratio_at_least=log_ratio_bound(*in_prompts, alpha=DIFFERENT, tests=len(tests.gram)),
            p=float(tests.p[place]),
            q=float(tests.q[place]),
            p_of_counts=sign_flip_p(leads),
            log_odds_z=odds,
            log_likelihood=likelihood,
            preference=self.judged.of(self.counts.text[begin:end]),
        )


def words_json(table: WordTable) -> Json:
    """The words and phrases in ``terms compare --json``; None while withheld, and for a single system."""
    if not table.second:
        return None
    return {
        "against": table.first,
        "system": table.second,
        "prompts": table.prompts,
        "longest": LONGEST,
        "tested": table.tested,
        "least_discordant_prompts": LEAST_DISCORDANT,
        **fields_json(table, "learnt", "lost"),
        "listed": len(table.rows),
        "win_rate_overall": preference_json(table.overall),
        "lists": {
            which.value: [row.phrase.text for row in table.listed(which)]
            for which in OF_WORDS
            if which is not TermList.ALL
        },
        "words": [_row_json(row) for row in table.rows],
    }


def _row_json(row: WordDifference) -> dict[str, Json]:
    figures = asdict(row)
    for name in ("phrase", "term", "uses", "preference"):
        del figures[name]
    return {
        "word": row.phrase.text,
        "keys": list(row.phrase.keys),
        "status": row.term.status.value if row.term else None,
        "counts": list(row.uses),
        **figures,
        "differs": row.differs,
        "told": row.told,
        "win_rate": preference_json(row.preference),
    }
