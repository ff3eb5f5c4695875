"""Log-probabilities of given texts, token by token, under every system.

A text is tokenized once, after its prompt, and all systems score the same tokens, so that their
log-probabilities are comparable. For a system with another prompt, the text is tokenized after that prompt;
if the prompt opens reasoning, the reasoning is closed at once. The end token is not scored, because a text
that was cut at the limit, edited or written elsewhere has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from ftcompare.engine.backends import IsCancelled, closing_of
from ftcompare.engine.backends.local import prompts
from ftcompare.engine.backends.local.devices import MemoryMeter, read_in_batches
from ftcompare.engine.backends.local.generation import ProgressMonitor, interruptible, pad_left
from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.backends.local.typed_transformers import (
    embedding_weights,
    last_logits,
    tokens_with_starts,
)
from ftcompare.engine.protocol import Item, ItemFailed, Scored, TextScore, TextToScore

LOGITS = 2**26  # maximum number of logits computed at a time: 256 MB in float32
DIGITS = 6  # number of decimals of a log-probability


@dataclass(frozen=True, slots=True)
class TokenizedText:
    key: str
    prompt: tuple[int, ...]  # ids of the prompt
    ids: tuple[int, ...]  # ids of the text, at least one
    starts: tuple[int, ...]  # for each id, the index of the character at which it starts
    own: Mapping[str, TokenizedText] = field(default_factory=dict, hash=False)  # by key of systems

    def under(self, system: str) -> TokenizedText:
        return self.own.get(system, self)

    @property
    def length(self) -> int:
        return max(len(one.prompt) + len(one.ids) for one in (self, *self.own.values()))


def cut_text(
    text: TextToScore, base: Base, forms: prompts.Forms = prompts.NO_FORMS
) -> TokenizedText | ItemFailed:
    """Tokenize a text after its prompt, or return why it cannot be scored; ``forms`` as in `encode_item`."""
    item = Item(text.key, text.messages, own=text.own)
    prompt = prompts.encode_item(item, base, 1, forms)
    if isinstance(prompt, ItemFailed):
        return prompt
    found: dict[tuple[int, ...], TokenizedText] = {}
    for system, form in (forms or {"": prompts.AS_IT_IS}).items():
        ids = prompt.ids_for(system)
        if ids not in found:
            opened = prompt.is_opened(system)
            own_text = replace(text, messages=item.messages_for(system))
            cut = _cut(own_text, ids, base, form, opened=opened)
            if isinstance(cut, ItemFailed):
                return cut
            found[ids] = cut
    return replace(found[prompt.ids], own={system: found[ids] for system, ids in prompt.own.items()})


def _cut(
    text: TextToScore, prompt: tuple[int, ...], base: Base, form: prompts.PromptForm, *, opened: bool
) -> TokenizedText | ItemFailed:
    try:
        before, special = prompts.prompt_text(text.messages, base.tokenizer, form)
        if opened:
            before = f"{before.rstrip()}\n\n{closing_of(before, form.markers)}\n\n"
            prompt = tuple(base.tokenizer(before, add_special_tokens=special)["input_ids"])
        ids, starts = _after_prompt(text.text, prompt, before, base, special=special)
    except prompts.TEMPLATE_ERRORS as error:
        return ItemFailed(text.key, f"The tokenizer rejects the text: {error}")
    if not ids:
        return ItemFailed(text.key, "The text is empty.")
    if max(ids) >= embedding_weights(base.model).shape[0]:
        return ItemFailed(text.key, "The tokenizer turns the text into tokens that the model does not have.")
    length = len(prompt) + len(ids)
    if base.context and length > base.context:
        reason = f"Prompt and text have {length} tokens, and the model's context has {base.context}."
        return ItemFailed(text.key, reason)
    return TokenizedText(text.key, prompt, tuple(ids), tuple(starts))


def _after_prompt(
    text: str, prompt: tuple[int, ...], before: str, base: Base, *, special: bool
) -> tuple[list[int], list[int]]:
    """Tokenize prompt and text together: some tokenizers begin a separate text with a blank.

    If no token boundary falls between them, the text is tokenized alone, as a continuation of the prompt.
    """
    ids, starts = tokens_with_starts(base.tokenizer, before + text, special=special)
    if tuple(ids[: len(prompt)]) == prompt and all(start >= len(before) for start in starts[len(prompt) :]):
        return ids[len(prompt) :], [start - len(before) for start in starts[len(prompt) :]]
    return tokens_with_starts(base.tokenizer, text, special=False)


class Scorer:
    """Scores texts with all verified systems, adapters attached; ``keys`` order the scores."""

    def __init__(self, systems: LoadedSystems, keys: Sequence[str], monitor: ProgressMonitor) -> None:
        self._systems = systems
        self._keys = tuple(keys)
        self._monitor = monitor
        self._meter = MemoryMeter(systems.base.device)

    def score(self, texts: Sequence[TokenizedText]) -> None:
        """Score all texts, short ones first. Raises `Cancelled`, `EnvironmentFault` ``device-lost``."""
        ordered = sorted(texts, key=lambda text: (text.length, len(text.ids)))
        most = LOGITS // embedding_weights(self._systems.base.model).shape[0]
        check = self._monitor.check
        for batch, scored in read_in_batches(
            ordered, self._attempt, lambda text: len(text.ids) + 1, most, self._meter, check
        ):
            no_room = ItemFailed(batch[0].key, "There is not enough memory to score this text.")
            for outcome in scored or [no_room]:
                self._monitor.emit(outcome)
            self._monitor.finish(len(batch), sum(len(text.ids) for text in batch) * len(self._keys))

    def _attempt(self, batch: Sequence[TokenizedText]) -> list[Scored | ItemFailed]:
        columns = [self._under(key, batch) for key in self._keys]
        return [_scored(text, row) for text, row in zip(batch, zip(*columns, strict=True), strict=True)]

    def _under(self, key: str, batch: Sequence[TokenizedText]) -> list[TextScore]:
        mine = [text.under(key) for text in batch]
        count = max(len(text.ids) for text in mine) + 1
        rows = [(*text.prompt, *text.ids) for text in mine]
        logits = logits_under(key, self._systems, rows, count, self._monitor.is_cancelled)
        self._meter.look()
        return [_score(key, text, row) for text, row in zip(mine, logits, strict=True)]


def logits_under(
    key: str, systems: LoadedSystems, rows: Sequence[Sequence[int]], count: int, is_cancelled: IsCancelled
) -> torch.Tensor:
    """Return one system's logits at the last ``count`` positions of rows of token ids. Raises `Cancelled`."""
    base = systems.base
    ids, mask = pad_left(rows, base.pad_token, base.device)
    with systems.speaking(key), no_gradients(), interruptible(base.model, is_cancelled):
        return last_logits(base.model, ids, mask, count)


def _score(key: str, text: TokenizedText, logits: torch.Tensor) -> TextScore:
    """Score from logits (positions, vocabulary); the last row but one predicts the text's last token."""
    before = logits[-len(text.ids) - 1 : -1].float().log_softmax(1)
    ids = torch.tensor(text.ids, device=logits.device)
    found = before.gather(1, ids[:, None])[:, 0].tolist()
    return TextScore(key, text.starts, tuple(round(one, DIGITS) for one in found))


def _scored(text: TokenizedText, scores: Sequence[TextScore]) -> Scored | ItemFailed:
    """Return the scores, or a failure where one is not finite, which JSON cannot represent."""
    if any(abs(one) == float("inf") or one != one for score in scores for one in score.logprobs):
        return ItemFailed(text.key, "The model returns no finite numbers for this text.")
    return Scored(text.key, tuple(scores))
