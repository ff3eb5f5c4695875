"""Draws tokens such that a draw depends only on settings, item, sample and position.

Logits are processed in this order, with the meaning of transformers: repetition penalty, temperature, top-k,
top-p, min-p. From the remaining tokens one is drawn with numbers of a counter-based generator (`philox`). The
number of a token at a position is a function of the stream's key, the position and the token only, so it does
not depend on the rest of the batch, the order, or the device.

The draw is exact: the likely tokens (`HEAD`) compete with exponential variables E, and the smallest ``E / p``
wins. With E = -log(1 - u) this is Gumbel-max (Gumbel 1954; Maddison, Tarlow and Minka 2014). All unlikely
tokens together are one further competitor; if it wins, one of them is drawn by the inverse distribution
function with one more number. This needs a hundred to a thousand numbers per row instead of one for each
token of the vocabulary. The method couples better than the inverse distribution function: two systems with
the same numbers and distributions at total variation D draw the same token with probability at least (1 - D)
/ (1 + D), wherever in the vocabulary they differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import PreTrainedTokenizerBase

from ftcompare.engine.protocol import GenerationSettings

HEAD = 1e-4  # minimum probability of a token that competes individually; at most 10,000 tokens can have it

COLDEST = 1e-30  # keeps logits up to 10⁸ within float32; lower temperatures draw like this one, greedily

CACHE_NUMBERS = 2**17  # number of logits that are processed together on a CPU

_RUNNER, _REST = 0, 1  # third word of the counter: for single tokens, and for the unlikely tokens together

_WORD = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_LARGEST = 1 - 2**-24  # the largest float32 below 1


class RandomStream:
    """Draws of one response; ``key`` is two 32-bit words, ``seen`` the prompt's ids and drawn ones."""

    def __init__(self, key: tuple[int, int], seen: Iterable[int] = ()) -> None:
        self.position = 0
        self.schedule = schedule(key)
        self._seen = dict.fromkeys(seen)

    @property
    def seen(self) -> list[int]:
        return list(self._seen)

    def advance(self, token: int) -> None:
        self.position += 1
        self._seen[token] = None


class Sampler:
    """Draws the next tokens of rows. Temperature 0 is greedy; then only the repetition penalty applies."""

    def __init__(self, settings: GenerationSettings) -> None:
        self._settings = settings

    def stream(self, item: str, system: str, sample: int, prompt_ids: Sequence[int]) -> RandomStream:
        """Return the stream of one response; coupled draws share it over all systems."""
        parts = [str(self._settings.seed), item, str(sample)]
        if self._settings.coupling == "independent":
            parts.append(system)
        return RandomStream(stream_key(parts), prompt_ids)

    def draw(self, logits: Tensor, streams: Sequence[RandomStream]) -> list[int]:
        """Draw a token for each row of logits (rows, vocabulary) and advance its stream."""
        tokens = self._draw(logits, streams).tolist()
        for stream, token in zip(streams, tokens, strict=True):
            stream.advance(token)
        return cast("list[int]", tokens)

    def _draw(self, logits: Tensor, streams: Sequence[RandomStream]) -> Tensor:
        size = _rows_at_once(logits)
        parts = [range(at, min(at + size, len(logits))) for at in range(0, len(logits), size)]
        if self._settings.temperature == 0:
            return torch.cat([largest(self._scores(logits, streams, part)) for part in parts])
        heads = [split(self._weights(logits, streams, part)) for part in parts]
        tokens, rests = race(join(heads), streams)
        for row, number in rests:
            tokens[row] = unlikely(self._weights(logits, streams, range(row, row + 1))[0], number)
        return tokens

    def _weights(self, logits: Tensor, streams: Sequence[RandomStream], rows: range) -> Tensor:
        scores = self._scores(logits, streams, rows)
        return allowed(scores.float() / max(self._settings.temperature, COLDEST), self._settings)

    def _scores(self, logits: Tensor, streams: Sequence[RandomStream], rows: range) -> Tensor:
        chosen = logits[rows.start : rows.stop]
        if self._settings.repetition_penalty == 1:
            return chosen
        seen = [streams[row].seen for row in rows]
        return penalise(chosen.float(), self._settings.repetition_penalty, seen)


def largest(scores: Tensor) -> Tensor:
    """Return the first token (rows,) with the highest score (rows, vocabulary)."""
    if scores.device.type != "cpu":
        return scores.argmax(1)
    # For 16 rows of 49,152 tokens numpy takes 35 µs, and torch 450 and, in bfloat16, 2,650.
    return torch.from_numpy(scores.float().numpy().argmax(1))


def _rows_at_once(logits: Tensor) -> int:
    """Return the number of rows to process together.

    On a CPU the intermediate results of few rows stay in the cache, and the allocator reuses the same
    memory: sixteen rows together take twice as long as one after another.
    """
    if logits.device.type != "cpu":
        return max(len(logits), 1)
    return max(CACHE_NUMBERS // logits.shape[1], 1)


def stream_key(parts: Sequence[str]) -> tuple[int, int]:
    """Return a 64-bit key, in two words, from the texts that identify the stream."""
    spelled = "\0".join(f"{len(part)}:{part}" for part in parts)
    found = hashlib.sha256(spelled.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(found[:4], "little"), int.from_bytes(found[4:8], "little")


def penalise(logits: Tensor, penalty: float, seen: Sequence[Sequence[int]]) -> Tensor:
    """Divide earlier tokens' logits by the penalty, or multiply negative ones (Keskar et al. 2019)."""
    known = logits.shape[1]  # a few models have embeddings of ids that they never generate
    places = [(row, token) for row, tokens in enumerate(seen) for token in tokens if token < known]
    rows, tokens = torch.tensor(places, dtype=torch.long, device=logits.device).reshape(-1, 2).unbind(1)
    found = logits[rows, tokens]
    result = logits.clone()
    result[rows, tokens] = torch.where(found < 0, found * penalty, found / penalty)
    return result


def allowed(scores: Tensor, settings: GenerationSettings) -> Tensor:
    """Return softmax weights after top-k of the tokens kept, with ties of the last one; 0 for others."""
    if 0 < settings.top_k < scores.shape[1]:
        least = scores.topk(settings.top_k, dim=1).values[:, -1:]
        scores = torch.where(scores < least, -torch.inf, scores)
    weights = scores.softmax(1)
    if settings.top_p < 1:
        weights = _at_least(weights, nucleus(weights, settings.top_p))
    if settings.min_p > 0:
        weights = _at_least(weights, settings.min_p * weights.amax(1, keepdim=True))
    return weights


# Here and below `torch.where` and not `masked_fill`, which takes ten times as long on a CPU.
def _at_least(weights: Tensor, least: Tensor) -> Tensor:
    return torch.where(weights < least, 0, weights)


def nucleus(weights: Tensor, top_p: float) -> Tensor:
    """Return the weight (rows, 1) of the last token of the smallest set whose sum reaches ``top_p``."""
    # Sorting all weights takes fifty times as long. Usually the likely tokens contain top_p. If not: the
    # tokens that the second attempt omits weigh less than 1 - top_p together, so none of them is in the set.
    ordered, sums = _sorted(weights, HEAD)
    if bool((sums[:, -1] <= top_p).any()):
        ordered, sums = _sorted(weights, (1 - top_p) / weights.shape[1])
    last = ((sums - ordered < top_p) & (ordered > 0)).sum(1, keepdim=True) - 1
    return ordered.gather(1, last.clamp(min=0))


def _sorted(weights: Tensor, least: float) -> tuple[Tensor, Tensor]:
    ordered = pack(weights, weights > least)[1].sort(dim=1, descending=True).values
    return ordered, ordered.cumsum(1)


def pack(weights: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Return ids and weights of the ``chosen`` (rows, vocabulary), both (rows, most), filled with 0."""
    rows, tokens = chosen.nonzero(as_tuple=True)
    counts = rows.bincount(minlength=len(weights))
    width = max(int(counts.max()), 1)
    places = torch.arange(len(rows), device=rows.device) - (counts.cumsum(0) - counts)[rows]
    ids = tokens.new_zeros(len(weights), width)
    packed = weights.new_zeros(len(weights), width)
    ids[rows, places] = tokens
    packed[rows, places] = weights[rows, tokens]
    return ids, packed


@dataclass(frozen=True, slots=True)
class Runners:
    """Competitors of each row, filled with 0."""

    ids: Tensor  # of the likely tokens, (rows, columns)
    weights: Tensor  # their weights, of the same shape
    rest: Tensor  # weight of all unlikely tokens together, (rows, 1)


def split(weights: Tensor) -> Runners:
    """Split weights (rows, vocabulary), whose sums are at most 1, into likely tokens and the rest."""
    likely = weights >= HEAD
    return Runners(*pack(weights, likely), _total(torch.where(likely, 0, weights)))


def join(parts: Sequence[Runners]) -> Runners:
    width = max(part.ids.shape[1] for part in parts)
    ids = [pad(part.ids, (0, width - part.ids.shape[1])) for part in parts]
    weights = [pad(part.weights, (0, width - part.weights.shape[1])) for part in parts]
    return Runners(torch.cat(ids), torch.cat(weights), torch.cat([part.rest for part in parts]))


def race(runners: Runners, streams: Sequence[RandomStream]) -> tuple[Tensor, list[tuple[int, float]]]:
    """Draw a token for each row; also return rows where the rest won, with a number to draw one of it."""
    tokens = pad(runners.ids, (0, 1))
    numbers = unit(words(tokens, streams))
    times = -torch.log1p(-numbers[0])
    winners = (torch.cat((runners.weights, runners.rest), 1) / times).argmax(1, keepdim=True)
    rests = (winners[:, 0] == runners.ids.shape[1]).nonzero()[:, 0].tolist()
    return tokens.gather(1, winners)[:, 0], [(row, float(numbers[1, row, -1])) for row in rests]


def unlikely(weights: Tensor, number: float) -> int:
    """Draw an unlikely token from weights (vocabulary,) by the inverse distribution function."""
    sums = torch.where(weights >= HEAD, 0, weights).cpu().double().cumsum(0)
    return min(int(torch.searchsorted(sums, number * sums[-1], right=True)), len(sums) - 1)


def _total(weights: Tensor) -> Tensor:
    """Return sums (rows, 1) in double precision where available, so that order has no effect."""
    wide = None if weights.device.type == "mps" else torch.float64
    return weights.sum(1, keepdim=True, dtype=wide).to(weights.dtype)


def unit(words: Tensor) -> Tensor:
    """Convert 32-bit words to numbers in (0, 1); small ones keep all their digits."""
    return ((words.float() + 0.5) * 2.0**-32).clamp(max=_LARGEST)


def words(tokens: Tensor, streams: Sequence[RandomStream]) -> Tensor:
    """Return four 32-bit words (4, rows, columns) for each token; the last column is for the rest."""
    purposes = torch.full_like(tokens, _RUNNER)
    purposes[:, -1] = _REST
    positions = torch.tensor([[one.position] for one in streams], device=tokens.device).expand_as(tokens)
    keys = torch.tensor([one.schedule for one in streams], device=tokens.device)
    counters = torch.stack((tokens, positions, purposes, torch.zeros_like(tokens)))
    return philox(counters, keys.permute(1, 2, 0)[..., None])


def philox(counters: Tensor, keys: Tensor) -> Tensor:
    """Return four words of 32 bits for each counter, of its shape: Philox 4x32.

    J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3"
    (SC 2011). Counters are (4, rows, columns), 64-bit integers from 0 to 2³² - 1; keys (rounds, 2, rows,
    1) come from `schedule`.
    """
    multipliers = torch.tensor(_MULTIPLIERS, device=counters.device)[:, None, None]
    even, odd = counters[0::2], counters[1::2]
    for key in keys:
        product = even * multipliers  # wraps as 64 bits do; the shift's sign is masked off
        even = ((product >> 32) & _WORD).flip(0) ^ odd ^ key
        odd = (product & _WORD).flip(0)
    return torch.stack((even[0], odd[0], even[1], odd[1]))


def schedule(key: tuple[int, int]) -> list[tuple[int, int]]:
    return [((key[0] + n * _WEYL[0]) & _WORD, (key[1] + n * _WEYL[1]) & _WORD) for n in range(_ROUNDS)]


class StopTexts:
    """Finds texts that end a response, which may span tokens; empty texts are ignored."""

    def __init__(self, stop: Iterable[str], tokenizer: PreTrainedTokenizerBase) -> None:
        self._stop = tuple(text for text in stop if text)
        self._tokenizer = tokenizer
        # A token has at least a byte of text, save special ones; the first of a window may be broken.
        self._window = max((len(text.encode()) for text in self._stop), default=0) + 16

    def reached(self, ids: Sequence[int]) -> bool:
        """Return whether the newest token completes a stop text. Must be called after every token."""
        return bool(self._stop) and self.cut(plain_text(ids[-self._window :], self._tokenizer)) is not None

    def cut(self, text: str) -> str | None:
        places = [place for stop in self._stop if (place := text.find(stop)) >= 0]
        return text[: min(places)] if places else None


def plain_text(ids: Sequence[int], tokenizer: PreTrainedTokenizerBase) -> str:
    """Decode token ids without special tokens and without any clean-up."""
    text = tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return str(text)
