"""The proof for served systems: what can be seen from outside, and no more.

On the study's own prompts, each asked twice under each served name, one request at a time:

1. A name repeats itself: log-probabilities of the first tokens within `BOUND`, or, where the server gives
   none, the same text at temperature 0.
2. An adapter differs from its base, by more than twice what either differs from itself.
3. No two systems are the same: each differs, in the same way, from every one before it.

What it cannot prove: which weights stand behind a name. A base with an adapter merged into it, or two
adapters with their names swapped, look from outside like what they claim to be. The statement says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

from ftcompare.core.errors import UserError
from ftcompare.engine.backends import Emit
from ftcompare.engine.backends.served_asking import Ask, Served, respond
from ftcompare.engine.backends.served_client import Json, Refused, ServerFailed
from ftcompare.engine.backends.served_prompts import HELLO, ServedPrompt, Way, make_prompt
from ftcompare.engine.backends.served_replies import NoResponse, Position, Reply, difference
from ftcompare.engine.protocol import GenerationSettings, Item, Note, Stage, SystemProof, SystemRequest

MAX_PROMPTS = 8
ROUNDS = 2
BOUND = 0.1
"""Natural log units: kernels that compute in another order stay far below, another model does not."""

LIKELIEST = 5
"""Log-probabilities asked for at each token; OpenAI's older interface gives no more."""

SEEN = GenerationSettings(max_new_tokens=8)
READ = GenerationSettings(max_new_tokens=32)
"""Tokens compared by their log-probabilities, and by the text alone."""

NOT_TOLD_APART = (
    "Those of another system of this study are the same: does the server really load what this one names?"
)
OWN_TEMPLATES = "The systems have chat templates or tokenizers of their own; all get the first one's prompt."
UNSEEN = "Which weights stand behind the name is not shown by the server."


@dataclass(frozen=True, slots=True)
class Heard:
    """What a name answered.

    Args:
        rounds: for each round, for each prompt, the reply; None where there was none to this prompt.
    """

    rounds: tuple[tuple[Reply | None, ...], ...]

    @property
    def answered(self) -> int:
        """Prompts that got a reply in every round."""
        return sum(None not in replies for replies in zip(*self.rounds, strict=True))

    def positions(self, number: int) -> list[tuple[Position, ...]]:
        """Of one round, for each prompt."""
        return [reply.positions if reply else () for reply in self.rounds[number]]

    def stable(self) -> list[str | None]:
        """For each prompt the text that every round gave; None where they differ or are missing."""
        return [_shared_text(replies) for replies in zip(*self.rounds, strict=True)]


def _shared_text(replies: Sequence[Reply | None]) -> str | None:
    texts = {reply.text if reply else None for reply in replies}
    return texts.pop() if len(texts) == 1 else None


async def prove(
    served: Served, requests: Sequence[SystemRequest], items: Sequence[Item], emit: Emit
) -> tuple[SystemProof, ...]:
    """The proof for every system requested.

    Raises:
        UserError: ``no-prompts``, if the server takes none of the prompts.
        ServerFailed, UserError, EnvironmentFault: see `Server.post`.
    """
    prompts = await _prompts(served, items, emit)
    names = dict.fromkeys(name for r in requests for name in (r.model, r.adapter) if name)
    with_logprobs = await _gives_logprobs(served, prompts)
    heard = {}
    for name in names:
        emit(Stage(f"Asking each of {len(prompts)} prompts {ROUNDS} times"))
        heard[name] = await _hear(served, prompts, name, with_logprobs=with_logprobs)
    judge = _Judge(heard, with_logprobs=with_logprobs)
    return tuple(judge.proof(request, requests[:number]) for number, request in enumerate(requests))


async def _prompts(served: Served, items: Sequence[Item], emit: Emit) -> list[ServedPrompt]:
    """At most `MAX_PROMPTS` of them, evenly spread, as the server takes them."""
    emit(Stage("Handing the prompts to the server"))
    taken: list[Item] = []
    prompts: list[ServedPrompt] = []
    reason = "There are none."
    for item in items[:: max(1, -(-len(items) // MAX_PROMPTS))]:
        try:
            prompts.append(await make_prompt(served.server, served.way, served.first, item.messages))
        except Refused as error:
            reason = error.short
        except ServerFailed as error:
            await _require_sound(served)
            reason = error.words
        else:
            taken.append(item)
    if not prompts:
        raise UserError(f"The server takes none of the prompts. {reason}", code="no-prompts")
    if served.way in (Way.TOKENIZE, Way.APPLY_TEMPLATE):
        await _compare_templates(served, taken[0], emit)
    return prompts


async def _compare_templates(served: Served, item: Item, emit: Emit) -> None:
    """Say so where a system would make another prompt of the same messages."""
    found = set()
    for name in served.names.values():
        try:
            found.add((await make_prompt(served.server, served.way, name, item.messages)).ids)
        except Refused:
            found.add(None)
    if len(found) > 1:
        emit(Note(OWN_TEMPLATES))


def _more(prompt: ServedPrompt, *, with_logprobs: bool) -> Json:
    if not with_logprobs:
        return {}
    return {"logprobs": True, "top_logprobs": LIKELIEST} if prompt.chat else {"logprobs": LIKELIEST}


async def _gives_logprobs(served: Served, prompts: Sequence[ServedPrompt]) -> bool:
    """Whether they come with the first prompt that is answered at all."""
    ask = Ask(served.first, SEEN)
    for prompt in prompts:
        reply = await _reply(served, prompt, ask, with_logprobs=True)
        if reply is not None:
            return bool(reply.positions)
        if await _reply(served, prompt, ask, with_logprobs=False) is not None:
            return False
    return False


async def _hear(served: Served, prompts: Sequence[ServedPrompt], name: str, *, with_logprobs: bool) -> Heard:
    """One request at a time, so that a server's batches are the same each time."""
    ask = Ask(name, SEEN if with_logprobs else READ)
    rounds = []
    for _ in range(ROUNDS):
        replies = [await _reply(served, prompt, ask, with_logprobs=with_logprobs) for prompt in prompts]
        rounds.append(tuple(replies))
    return Heard(tuple(rounds))


async def _reply(served: Served, prompt: ServedPrompt, ask: Ask, *, with_logprobs: bool) -> Reply | None:
    """What is answered; None where the name gives nothing to this prompt."""
    more = _more(prompt, with_logprobs=with_logprobs)
    try:
        return await respond(served.server, served.takes, prompt, ask, more)
    except NoResponse:
        return None
    except Refused as error:
        if error.concerns_name:
            raise
        return None
    except ServerFailed:
        await _require_sound(served)
        return None


async def _require_sound(served: Served) -> None:
    """After a failure: the prompt's own, if the server does well with another one.

    Raises:
        ServerFailed, Refused, UserError, EnvironmentFault: it does not.
    """
    with served.server.hurried(), suppress(NoResponse):
        prompt = await make_prompt(served.server, served.way, served.first, HELLO)
        await respond(served.server, served.takes, prompt, Ask(served.first))


class _Judge:
    """Compares what the names answered."""

    def __init__(self, heard: dict[str, Heard], *, with_logprobs: bool) -> None:
        self._heard = heard
        self._with_logprobs = with_logprobs

    def proof(self, request: SystemRequest, before: Sequence[SystemRequest]) -> SystemProof:
        """Of one system, beside those before it."""
        name = served_name(request)
        if not self._heard[name].answered:
            return _failed(request, "It answers none of the prompts.", 0.0)
        bases = [request.model] if request.adapter else []
        others = [*bases, *(served_name(one) for one in before)]
        compare = self._by_logprobs if self._with_logprobs else self._by_text
        return compare(request, others)

    def _by_logprobs(self, request: SystemRequest, others: Sequence[str]) -> SystemProof:
        name = served_name(request)
        noise = self._noise(name)
        asked = f"Asked twice, {_prompts_in_words(self._heard[name].answered)} get log-probabilities"
        if noise > BOUND:
            found = f"{asked} {noise:.2g} apart (bound {BOUND}): more than one model answers under this name."
            return _failed(request, found, noise)
        same = f"{asked} within {noise:.2g} (bound {BOUND})."
        signals = [self._signal(name, other) for other in others]
        doubts = [2 * max(noise, self._noise(other)) for other in others]
        if any(signal <= doubt for signal, doubt in zip(signals, doubts, strict=True)):
            return _failed(request, f"{same} {NOT_TOLD_APART}", min(signals))
        if not signals:
            return _proved(request, same, noise)
        return _proved(
            request, f"{same} They differ from {_whose(request)} by up to {signals[0]:.3g}.", signals[0]
        )

    def _by_text(self, request: SystemRequest, others: Sequence[str]) -> SystemProof:
        heard = self._heard[served_name(request)]
        stable = heard.stable()
        count = sum(text is not None for text in stable)
        same = (
            "The server gives no log-probabilities. Asked twice at temperature 0, "
            f"{count} of {_prompts_in_words(heard.answered)} get the same text."
        )
        if not count:
            return _failed(request, f"{same} So nothing can be told from its texts.", 0.0)
        differing = [self._differing(stable, other) for other in others]
        if 0 in differing:
            return _failed(request, f"{same} {NOT_TOLD_APART}", 0.0)
        if not differing:
            return _proved(request, same, 0.0)
        return _proved(request, f"{same} On {differing[0]} the text differs from {_whose(request)}.", 0.0)

    def _noise(self, name: str) -> float:
        heard = self._heard[name]
        return _largest(heard.positions(0), heard.positions(1))

    def _signal(self, name: str, other: str) -> float:
        """The least that any two rounds of the two differ by."""
        mine, theirs = self._heard[name], self._heard[other]
        pairs = product(range(ROUNDS), repeat=2)
        return min(_largest(mine.positions(i), theirs.positions(j)) for i, j in pairs)

    def _differing(self, stable: Sequence[str | None], other: str) -> int:
        """On how many prompts both repeat themselves and not each other."""
        theirs = self._heard[other].stable()
        both = ((a, b) for a, b in zip(stable, theirs, strict=True) if a is not None and b is not None)
        return sum(a != b for a, b in both)


def served_name(request: SystemRequest) -> str:
    """The name under which a server answers as this system."""
    return request.adapter or request.model


def _largest(one: Sequence[tuple[Position, ...]], other: Sequence[tuple[Position, ...]]) -> float:
    return max(difference(a, b) for a, b in zip(one, other, strict=True))


def _prompts_in_words(count: int) -> str:
    return f"{count} prompt{'' if count == 1 else 's'}"


def _whose(request: SystemRequest) -> str:
    return "its base's" if request.adapter else "the first system's"


def _failed(request: SystemRequest, statement: str, difference_found: float) -> SystemProof:
    return SystemProof(request.key, ok=False, largest_difference=difference_found, statement=statement)


def _proved(request: SystemRequest, statement: str, difference_found: float) -> SystemProof:
    return SystemProof(
        request.key, ok=True, largest_difference=difference_found, statement=f"{statement} {UNSEEN}"
    )
