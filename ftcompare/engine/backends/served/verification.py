"""The verification for served systems, limited to what can be observed through the server's interface.

On the study's own prompts, each asked twice under each served name, one request at a time:

1. A name is repeatable: log-probabilities of the first tokens agree within `BOUND`, or, where the server
   gives none, the text at temperature 0 is the same.
2. An adapter differs from its base by more than twice what either differs from itself. It does not answer
   like its base on some prompts while it differs clearly on others.
3. No two systems are the same: each differs, in the same way, from every one before it.
4. With several requests at once, each name answers as itself (see `consistency_monitor`).

Not verified: which weights a name stands for. A base with an adapter merged into it, or two adapters whose
names were swapped before the study began, cannot be detected through the interface; the statement says so. In
later runs a system is recognized by its answers to a few fixed prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ftcompare.core.errors import UserError
from ftcompare.core.run_record import SystemVerification
from ftcompare.engine.backends import Emit, spread
from ftcompare.engine.backends.served import consistency_monitor
from ftcompare.engine.backends.served.http_client import Refused, ServerFailed
from ftcompare.engine.backends.served.request import PromptFormat, ServedPrompt, ServedSystems
from ftcompare.engine.protocol import Item, Note, Stage, SystemRequest
from ftcompare.engine.served_fingerprint import AT_ONCE, ROUNDS

MAX_PROMPTS = 8
BOUND = 0.25
"""Maximum distance in nats of two identical requests.

Logits rounded to bfloat16 are 0.125 apart between 16 and 32, so one different rounding moves a
log-probability by up to twice that.
"""

AS_BASE = 0.1
"""Maximum share of an adapter's difference elsewhere on a prompt that it answers like its base.

The difference there must also be no larger than that of two identical requests.
"""

NOT_TOLD_APART = (
    "Those of another system of this study are the same. Check whether the server really loads this model."
)
SEVERAL = "more than one model answers under this name."
OWN_TEMPLATES = "The systems have different chat templates or tokenizers, but all get the first one's prompt."
UNSEEN = "The server does not show the weights behind the name."


async def verify(
    served: ServedSystems, requests: Sequence[SystemRequest], items: Sequence[Item], emit: Emit
) -> tuple[tuple[SystemVerification, ...], consistency_monitor.ConsistencyMonitor]:
    """Verify every system; also return the monitor. Raises `UserError` ``no-prompts``."""
    prompts = await _prompts(served, items, emit)
    names = dict.fromkeys(name for r in requests for name in (r.model, r.adapter) if name)
    probe = await consistency_monitor.make_probe(served, prompts)
    results = {}
    for name in names:
        emit(Stage(f"Asking each of {len(prompts)} prompts {ROUNDS} times"))
        results[name] = await probe.ask(prompts, name)
    monitor = consistency_monitor.ConsistencyMonitor(
        probe, consistency_monitor.find_signatures(prompts, results)
    )
    mismatches = {name: await monitor.mismatches(name, AT_ONCE) for name in names}
    verifier = _Verifier(results, mismatches, probe.with_logprobs)
    found = [verifier.verification(request, requests[:number]) for number, request in enumerate(requests)]
    emit(Stage("Recording how each system answers"))
    for number, request in enumerate(requests):
        if found[number].ok:
            found[number] = replace(found[number], answers=await probe.fixed(served_name(request)))
    return tuple(found), monitor


async def _prompts(served: ServedSystems, items: Sequence[Item], emit: Emit) -> list[ServedPrompt]:
    emit(Stage("Sending test prompts to the server"))
    taken, prompts, reason = [], [], "There are none."
    for item in spread(items, MAX_PROMPTS):
        try:
            prompts.append(await served.prompt(item.messages))
        except Refused as error:
            reason = error.short
        except ServerFailed as error:
            await consistency_monitor.require_sound(served)
            reason = error.words
        else:
            taken.append(item)
    if not prompts:
        raise UserError(f"The server accepts none of the prompts. {reason}", code="no-prompts")
    if served.prompt_format in (PromptFormat.TOKENIZE, PromptFormat.APPLY_TEMPLATE):
        await _compare_templates(served, taken[0], emit)
    return prompts


async def _compare_templates(served: ServedSystems, item: Item, emit: Emit) -> None:
    """Emit a note where a system's template would build another prompt from the same messages."""
    found = set()
    for name in served.names.values():
        try:
            found.add((await served.prompt(item.messages, name)).ids)
        except Refused:
            found.add(None)
    if len(found) > 1:
        emit(Note(OWN_TEMPLATES))


@dataclass(frozen=True, slots=True)
class _Verifier:
    results: Mapping[str, consistency_monitor.ProbeResult]
    mismatches: Mapping[str, int]
    with_logprobs: bool

    def verification(self, request: SystemRequest, before: Sequence[SystemRequest]) -> SystemVerification:
        name = served_name(request)
        if not self.results[name].answered:
            return _failed(request, "It answers none of the prompts.", 0.0)
        bases = [request.model] if request.adapter else []
        named = [*bases, *(served_name(one) for one in before)]
        others = [other for other in named if other != name]  # one name may belong to several systems
        compare = self._by_logprobs if self.with_logprobs else self._by_text
        found = compare(request, others)
        mismatches = self.mismatches[name]
        if found.ok and mismatches:
            statement = (
                f"Asked {AT_ONCE} times at once, it gives another answer {mismatches} times: {SEVERAL}"
            )
            return _failed(request, statement, found.largest_difference)
        return found

    def _by_logprobs(self, request: SystemRequest, others: Sequence[str]) -> SystemVerification:
        name = served_name(request)
        noise = self.results[name].noise()
        repeated = f"Asked twice, {_prompts_in_words(self.results[name].answered)} get log-probabilities"
        if noise > BOUND:
            found = f"{repeated} {noise:.2g} apart (bound {BOUND}): {SEVERAL}"
            return _failed(request, found, noise)
        same = f"{repeated} within {noise:.2g} (bound {BOUND})."
        signals = [max(self._signals(name, other)) for other in others]
        doubts = [2 * max(noise, self.results[other].noise()) for other in others]
        if any(signal <= doubt for signal, doubt in zip(signals, doubts, strict=True)):
            return _failed(request, f"{same} {NOT_TOLD_APART}", min(signals))
        if not signals:
            return _verified(request, same, noise)
        if request.adapter and (alike := self._as_base(name, request.model, doubts[0])):
            statement = (
                f"On {_prompts_in_words(alike)} it answers like its base, and on others not: {SEVERAL}"
            )
            return _failed(request, f"{same} {statement}", signals[0])
        return _verified(
            request, f"{same} They differ from {_whose(request)} by up to {signals[0]:.3g}.", signals[0]
        )

    def _by_text(self, request: SystemRequest, others: Sequence[str]) -> SystemVerification:
        results = self.results[served_name(request)]
        stable = results.stable()
        count = sum(text is not None for text in stable)
        same = (
            f"The server does not return log-probabilities. Asked twice at temperature 0, {count} of "
            f"{_prompts_in_words(results.answered)} get the same text."
        )
        if not count:
            return _failed(request, f"{same} So its texts show nothing about its identity.", 0.0)
        differing = [self._differing(stable, other) for other in others]
        if 0 in differing:
            return _failed(request, f"{same} {NOT_TOLD_APART}", 0.0)
        if not differing:
            return _verified(request, same, 0.0)
        return _verified(request, f"{same} On {differing[0]} the text differs from {_whose(request)}.", 0.0)

    def _signals(self, name: str, other: str) -> list[float]:
        """Return, for each prompt, the smallest difference of any two rounds of the two names."""
        mine, theirs = self.results[name], self.results[other]
        return [consistency_monitor.signal_at(mine, theirs, number) for number in range(len(mine.rounds[0]))]

    def _as_base(self, name: str, base: str, doubt: float) -> int:
        """Count prompts answered by both on which the adapter has no effect, though it has elsewhere."""
        mine, theirs = self.results[name].positions(0), self.results[base].positions(0)
        signals = self._signals(name, base)
        limit = min(doubt, max(signals) * AS_BASE)
        both = zip(signals, mine, theirs, strict=True)
        return sum(signal <= limit for signal, one, other in both if one and other)

    def _differing(self, stable: Sequence[str | None], other: str) -> int:
        """Count prompts on which each name repeats itself but the two differ."""
        theirs = self.results[other].stable()
        both = ((a, b) for a, b in zip(stable, theirs, strict=True) if a is not None and b is not None)
        return sum(a != b for a, b in both)


def served_name(request: SystemRequest) -> str:
    return request.adapter or request.model


def _prompts_in_words(count: int) -> str:
    return f"{count} prompt{'' if count == 1 else 's'}"


def _whose(request: SystemRequest) -> str:
    return "its base's" if request.adapter else "the first system's"


def _failed(request: SystemRequest, statement: str, difference_found: float) -> SystemVerification:
    return SystemVerification(request.key, ok=False, largest_difference=difference_found, statement=statement)


def _verified(request: SystemRequest, statement: str, difference_found: float) -> SystemVerification:
    return SystemVerification(
        request.key, ok=True, largest_difference=difference_found, statement=f"{statement} {UNSEEN}"
    )
