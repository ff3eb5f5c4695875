"""Make prompts with other kinds of context from prompts whose context contains the answer.

Random choices depend on seed, prompt id and kind, so that other prompts only add passages and answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from random import Random

from ftcompare.app.setup.asked_checks import references
from ftcompare.checks.sample_consistency import holds_answer, normalised
from ftcompare.core.context import ContextKind, Expectation, Passage
from ftcompare.core.language import N_, tr
from ftcompare.core.random_source import seeded
from ftcompare.core.study import PromptSpec

KINDS = (
    ContextKind.UNKNOWN,
    ContextKind.DISTRACTING,
    ContextKind.CONFLICTING,
    ContextKind.COUNTERFACTUAL,
)
"""The kinds of context that can be made."""
DISTRACTORS = 2  # default number of passages from other prompts in a distracting context
MOST_DISTRACTORS = 50
MOST_WORDS = 6
"""Maximum number of words of an answer to swap; longer replacements would rarely fit the sentence."""

NO_CONTEXT = N_("it has no context")
NO_REFERENCE = N_("it has no reference answer")
OTHER_KIND = N_("its context is of another kind")
NOT_THERE = N_("its context does not contain its reference answer")
NO_OTHERS = N_("no other prompt has a passage without its answer")
LONG_ANSWER = N_("its reference answer has more than {words} words")
NO_SWAP = N_("no other prompt has an accepted answer of the same form")
OTHER_WORDS = N_("the passages also contain its answer in other words")

_NAMES = (N_("known"), N_("unknown"), N_("conflicting"), N_("counterfactual"), N_("distracting"))
"""The kinds of context, which `tr` translates where they are shown."""
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class ContextAttempt:
    source: PromptSpec  # the original prompt
    kind: ContextKind  # the requested kind
    made: PromptSpec | None  # the new prompt; None where none could be made
    reason: str = ""  # why none could be made; else empty


class _NotMadeError(Exception):
    """The reason, as its text, why a prompt could not be made."""


def make_contexts(
    prompts: Sequence[PromptSpec],
    kinds: Iterable[ContextKind],
    *,
    seed: int,
    distractors: int = DISTRACTORS,
) -> tuple[ContextAttempt, ...]:
    """Make prompts of other kinds, in the order of the prompts and then of the kinds.

    - ``unknown``: passages that contain the answer are removed, and the prompt expects `abstain`. If no
      passage is left, passages of other prompts are used.
    - ``distracting``: 1 to `MOST_DISTRACTORS` passages of other prompts are inserted at random positions.
    - ``counterfactual``: the shortest accepted answer in the context is replaced by an accepted answer of
      another prompt with the same shape (number of words; for each word its digits or its capital letter),
      which becomes the reference answer.
    - ``conflicting``: a copy of the answer's passage with such a replacement is added; the prompt expects
      `name_conflict`.

    Only prompts with a context without a kind, or of kind ``known``, are used as sources.
    """
    chosen = frozenset(kinds)
    wanted = tuple(kind for kind in KINDS if kind in chosen)
    maker = _Maker(prompts, seed, distractors)
    return tuple(maker.attempt(spec, kind) for spec in prompts for kind in wanted)


def left_out_words(attempts: Iterable[ContextAttempt]) -> tuple[str, ...]:
    """Count the reasons why prompts could not be made, the most frequent first."""
    missing = [one for one in attempts if one.made is None]
    reasons = Counter(one.reason for one in missing)
    kinds = {reason: Counter(one.kind for one in missing if one.reason == reason) for reason in reasons}
    return tuple(
        tr(
            "Left out, as {reason}: {kinds}.",
            tr(reason, words=MOST_WORDS),
            ", ".join(tr("{kind} {count}", tr(kind), n) for kind, n in kinds[reason].items()),
        )
        for reason, _ in reasons.most_common()
    )


def changed_passages(attempt: ContextAttempt) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before = Counter(one.text for one in attempt.source.context)
    after = Counter(one.text for one in attempt.made.context) if attempt.made is not None else before
    return tuple((before - after).elements()), tuple((after - before).elements())


class _Maker:
    def __init__(self, prompts: Sequence[PromptSpec], seed: int, distractors: int) -> None:
        self._prompts, self._seed, self._distractors = prompts, seed, distractors
        self._keys = {spec.key for spec in prompts}
        self._accepted = tuple(dict.fromkeys(one.strip() for spec in prompts for one in references(spec)))
        self._makers: dict[ContextKind, Callable[[PromptSpec, Random], PromptSpec]] = {
            ContextKind.UNKNOWN: self._unknown,
            ContextKind.DISTRACTING: self._distracting,
            ContextKind.CONFLICTING: self._conflicting,
            ContextKind.COUNTERFACTUAL: self._counterfactual,
        }

    def attempt(self, spec: PromptSpec, kind: ContextKind) -> ContextAttempt:
        try:
            _require_source(spec)
            seed = f"{self._seed}\0{spec.key}\0{kind.value}"
            made = self._makers[kind](spec, seeded(seed))
        except _NotMadeError as why:
            return ContextAttempt(spec, kind, None, str(why))
        wanted = f"{spec.key}-{kind.value}"
        keys = chain([wanted], (f"{wanted}-{n}" for n in count(2)))
        key = next(key for key in keys if key not in self._keys)
        self._keys.add(key)
        return ContextAttempt(spec, kind, replace(made, key=key, context_kind=kind))

    # --- the kinds -------------------------------------------------------------------------------

    def _unknown(self, spec: PromptSpec, rng: Random) -> PromptSpec:
        kept = tuple(one for one in spec.context if not _holds(spec, one))
        if not kept:
            kept = self._others(spec, rng, len(spec.context))
        return _without_answer(replace(spec, context=kept), Expectation.ABSTAIN)

    def _distracting(self, spec: PromptSpec, rng: Random) -> PromptSpec:
        passages = list(spec.context)
        for one in self._others(spec, rng, self._distractors):
            _insert(passages, one, rng)
        return replace(spec, context=tuple(passages), expects=spec.expects or Expectation.ANSWER)

    def _counterfactual(self, spec: PromptSpec, rng: Random) -> PromptSpec:
        answer, other = self._swap(spec, rng)
        passages = tuple(replace(one, text=_swapped(one.text, answer, other)) for one in spec.context)
        if any(_holds(spec, one) for one in passages):
            raise _NotMadeError(OTHER_WORDS)
        asked = replace(spec, context=passages, reference=other, more_references=(), checks=())
        return replace(asked, expects=Expectation.ANSWER)

    def _conflicting(self, spec: PromptSpec, rng: Random) -> PromptSpec:
        answer, other = self._swap(spec, rng)
        copies = (replace(one, text=_swapped(one.text, answer, other)) for one in spec.context)
        pairs = zip(spec.context, copies, strict=True)
        copy = next((copy for one, copy in pairs if copy != one and not _holds(spec, copy)), None)
        if copy is None:
            raise _NotMadeError(OTHER_WORDS)
        passages = list(spec.context)
        _insert(passages, copy, rng)
        return _without_answer(replace(spec, context=tuple(passages)), Expectation.NAME_CONFLICT)

    # --- what is drawn ---------------------------------------------------------------------------

    def _others(self, spec: PromptSpec, rng: Random, wanted: int) -> tuple[Passage, ...]:
        """Random passages of other prompts that do not contain the answer, without repeated texts."""
        own = {one.text for one in spec.context}
        texts = {
            one.text: one
            for other in self._prompts
            if other is not spec
            for one in other.context
            if one.text not in own and not _holds(spec, one)
        }
        if not texts:
            raise _NotMadeError(NO_OTHERS)
        return tuple(rng.sample([*texts.values()], min(wanted, len(texts))))

    def _swap(self, spec: PromptSpec, rng: Random) -> tuple[str, str]:
        """The shortest accepted answer in the context, and an answer of another prompt with the same shape.

        The shape must fit all occurrences; if one is capitalised and another is not, no answer fits.
        """
        answer, places = _innermost(spec)
        if len(answer.split()) > MOST_WORDS:
            raise _NotMadeError(LONG_ANSWER)
        shapes = {_shape(place) for place in places}
        fitting = [one for one in self._accepted if {_shape(one)} == shapes]
        texts = [one.text for one in spec.context]
        fitting = [
            one
            for one in fitting
            if normalised(one)
            and normalised(one) not in map(normalised, references(spec))
            and not any(holds_answer(text, one) for text in texts)
        ]
        if not fitting:
            raise _NotMadeError(NO_SWAP)
        return answer, rng.choice(fitting)


def _require_source(spec: PromptSpec) -> None:
    if not spec.context:
        raise _NotMadeError(NO_CONTEXT)
    if spec.context_kind not in (ContextKind.NONE, ContextKind.KNOWN):
        raise _NotMadeError(OTHER_KIND)
    if not normalised(spec.reference):
        raise _NotMadeError(NO_REFERENCE)
    if not any(_holds(spec, one) for one in spec.context):
        raise _NotMadeError(NOT_THERE)


def _holds(spec: PromptSpec, passage: Passage) -> bool:
    return any(holds_answer(passage.text, one) for one in references(spec))


def _innermost(spec: PromptSpec) -> tuple[str, list[str]]:
    """The shortest accepted answer in the context, and each occurrence as spelled there."""
    for answer in sorted(references(spec), key=len):
        if places := [place for one in spec.context for place in _written(answer).findall(one.text)]:
            return answer, places
    raise _NotMadeError(OTHER_WORDS)


def _written(answer: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, answer.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def _swapped(text: str, answer: str, other: str) -> str:
    return _written(answer).sub(lambda _: other, text)


def _without_answer(spec: PromptSpec, expects: Expectation) -> PromptSpec:
    return replace(spec, reference="", more_references=(), checks=(), expects=expects)


def _insert(passages: list[Passage], added: Passage, rng: Random) -> None:
    """Insert a passage at a random position; passages keep their ids."""
    taken = {one.id for one in passages}
    ids = chain([added.id], (f"{added.id}-{n}" for n in count(2)))
    key = next(key for key in ids if not key or key not in taken)
    passages.insert(rng.randrange(len(passages) + 1), Passage(key, added.text))


def _shape(answer: str) -> tuple[str, ...]:
    """For each word: its digits' pattern, or whether it begins with a capital letter."""
    return tuple(
        _DIGIT.sub("0", word) if _DIGIT.search(word) else "Aa" if word[0].isupper() else "a"
        for word in answer.split()
    )
