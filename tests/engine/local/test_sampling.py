"""Draws: the right distribution, the same whoever else is drawn for, coupled where wished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.stats import chisquare, kstest
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from ftcompare.engine.backends.local.sampling import (
    HEAD,
    RandomStream,
    Sampler,
    StopTexts,
    allowed,
    penalise,
    philox,
    plain_text,
    schedule,
    stream_key,
    unit,
)
from ftcompare.engine.backends.local.typed_transformers import load_tokenizer
from ftcompare.engine.protocol import GenerationSettings

SAMPLING = GenerationSettings(temperature=1.0, seed=3)


def streams(count: int, settings: GenerationSettings = SAMPLING, system: str = "base") -> list[RandomStream]:
    return [Sampler(settings).stream(f"p{number}", system, 0, ()) for number in range(count)]


def draws(weights: torch.Tensor, count: int, settings: GenerationSettings = SAMPLING) -> torch.Tensor:
    """How often each token is drawn, of so many rows with these weights."""
    logits = weights.log().expand(count, -1)
    return torch.tensor(Sampler(settings).draw(logits, streams(count))).bincount(minlength=len(weights))


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_the_generator_gives_the_words_of_its_authors(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    """The known answers that come with Random123."""
    keys = torch.tensor(schedule(key))[:, :, None, None]
    found = philox(torch.tensor(counter)[:, None, None], keys)
    assert tuple(found[:, 0, 0].tolist()) == expected


def test_numbers_lie_between_nought_and_one() -> None:
    ends = unit(torch.tensor([0, 1, 2**32 - 1]))
    assert 0 < ends[0] < ends[1]
    assert ends[2] < 1
    assert torch.isfinite(torch.log1p(-ends)).all()


@pytest.mark.parametrize(
    "settings",
    [
        GenerationSettings(temperature=0.7),
        GenerationSettings(temperature=1.3, top_k=7),
        GenerationSettings(temperature=1.0, top_k=1),
        GenerationSettings(temperature=1.0, top_k=9999),
        GenerationSettings(temperature=0.9, top_p=0.8),
        GenerationSettings(temperature=3.0, top_p=0.999),
        GenerationSettings(temperature=1.0, top_p=0.001),
        GenerationSettings(temperature=1.0, min_p=0.05),
        GenerationSettings(temperature=0.8, top_k=40, top_p=0.7, min_p=0.1, repetition_penalty=1.3),
        GenerationSettings(temperature=0.8, top_p=0.95, repetition_penalty=0.7),
    ],
)
@pytest.mark.parametrize("vocabulary", [50, 5000])
def test_what_may_be_drawn_is_what_transformers_leaves(settings: GenerationSettings, vocabulary: int) -> None:
    logits = torch.randn(6, vocabulary, generator=torch.Generator().manual_seed(1)) * 3
    seen = torch.randint(0, vocabulary, (6, 20), generator=torch.Generator().manual_seed(2))
    theirs = their_processors(settings)(seen, logits.clone()).softmax(1)  # type: ignore[arg-type]  # plain tensors
    penalised = penalise(logits, settings.repetition_penalty, seen.tolist())
    ours = allowed(penalised / settings.temperature, settings)
    assert torch.equal(ours > 0, theirs > 0)
    assert torch.allclose(ours / ours.sum(1, keepdim=True), theirs, rtol=1e-4, atol=1e-7)


def their_processors(settings: GenerationSettings) -> LogitsProcessorList:
    """In the order in which `generate` sets them up."""
    found: list[Any] = [
        RepetitionPenaltyLogitsProcessor(settings.repetition_penalty),
        TemperatureLogitsWarper(settings.temperature),
    ]
    if settings.top_k:
        found.append(TopKLogitsWarper(settings.top_k))
    if settings.top_p < 1:
        found.append(TopPLogitsWarper(settings.top_p))
    if settings.min_p:
        found.append(MinPLogitsWarper(settings.min_p))
    return LogitsProcessorList(found)


def test_tokens_as_likely_as_the_last_are_left_too() -> None:
    """Logits of 16 bits have many that are equal; which of them stays must not be chance."""
    weights = torch.tensor([[0.4, 0.2, 0.2, 0.2]])
    for settings in (GenerationSettings(top_k=2), GenerationSettings(top_p=0.5)):
        assert (allowed(weights.log(), settings) > 0).all()


def test_draws_follow_the_softmax() -> None:
    weights = torch.tensor([0.5, 0.25, 0.15, 0.07, 0.03])
    found = draws(weights, 20_000)
    assert chisquare(found, weights * 20_000).pvalue > 0.01
    wrong = torch.tensor([0.49, 0.26, 0.15, 0.07, 0.03])
    assert chisquare(found, wrong * 20_000).pvalue < 0.01


def test_unlikely_tokens_are_drawn_as_often_as_they_should() -> None:
    """Half of the mass lies in tokens that do not run by themselves, three times as much in each odd one."""
    tail = torch.ones(20_000)
    tail[1::2] = 3
    weights = torch.cat((torch.tensor([0.3, 0.2]), 0.5 * tail / tail.sum()))
    assert weights[2:].max() < HEAD
    count = 4000
    found = draws(weights, count)
    groups = [found[0], found[1], found[2:10_002:2], found[3:10_002:2], found[10_002::2], found[10_003::2]]
    expected = torch.tensor([0.3, 0.2, 0.0625, 0.1875, 0.0625, 0.1875]) * count
    assert chisquare([int(one.sum()) for one in groups], expected).pvalue > 0.01


def test_a_flat_vocabulary_is_drawn_from_evenly() -> None:
    found = Sampler(SAMPLING).draw(torch.zeros(800, 50_000), streams(800))
    assert kstest([(token + 0.5) / 50_000 for token in found], "uniform").pvalue > 0.01


def test_positions_are_independent() -> None:
    """One stream's draws follow the distribution, and neighbours in it do not hang together."""
    weights = torch.tensor([0.6, 0.3, 0.1])
    (stream,) = streams(1)
    sampler, logits = Sampler(SAMPLING), weights.log()[None]
    drawn = [sampler.draw(logits, [stream])[0] for _ in range(1600)]
    assert stream.position == 1600
    pairs = torch.tensor([3 * a + b for a, b in zip(drawn[::2], drawn[1::2], strict=True)]).bincount(
        minlength=9
    )
    assert chisquare(pairs, torch.outer(weights, weights).reshape(-1) * 800).pvalue > 0.01


@pytest.mark.parametrize("top_p", [1.0, 0.9])
def test_neighbours_and_their_order_do_not_matter(top_p: float) -> None:
    settings = replace(SAMPLING, top_p=top_p, repetition_penalty=1.2)
    logits = torch.randn(9, 40_000, generator=torch.Generator().manual_seed(0)) * 2.5
    together = Sampler(settings).draw(logits, streams(9, settings))
    alone = [
        Sampler(settings).draw(row[None], [stream])[0]
        for row, stream in zip(logits, streams(9, settings), strict=True)
    ]
    backwards = Sampler(settings).draw(logits.flip(0), streams(9, settings)[::-1])
    assert together == alone == backwards[::-1]


def test_the_same_distribution_gives_the_same_token_when_coupled() -> None:
    logits = torch.randn(300, 5000, generator=torch.Generator().manual_seed(4)) * 3
    base, tuned = (Sampler(SAMPLING).draw(logits, streams(300, system=key)) for key in ("base", "tuned"))
    assert base == tuned
    free = replace(SAMPLING, coupling="independent")
    base, tuned = (Sampler(free).draw(logits, streams(300, free, key)) for key in ("base", "tuned"))
    assert same(base, tuned) < 0.5


def same(one: Sequence[int], other: Sequence[int]) -> float:
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def test_near_distributions_mostly_give_the_same_token_when_coupled() -> None:
    """At least as often as the coupling promises: (1 - D) / (1 + D), a race's bound."""
    chance = torch.Generator().manual_seed(5)
    base = torch.randn(2000, 600, generator=chance) * 2
    tuned = base + torch.randn(2000, 600, generator=chance) * 0.3
    apart = (base.softmax(1) - tuned.softmax(1)).abs().sum(1) / 2
    bound = float(((1 - apart) / (1 + apart)).mean())
    one = Sampler(SAMPLING).draw(base, streams(2000))
    other = Sampler(SAMPLING).draw(tuned, streams(2000))
    assert same(one, other) > bound - 0.02
    free = replace(SAMPLING, coupling="independent")
    other = Sampler(free).draw(tuned, streams(2000, free, "tuned"))
    assert same(one, other) < bound / 3


@pytest.mark.parametrize("change", ["seed", "item", "sample"])
def test_what_names_a_response_changes_its_draws(change: str) -> None:
    def drawn(seed: int, item: str, sample: int) -> list[int]:
        sampler = Sampler(replace(SAMPLING, seed=seed))
        stream = sampler.stream(item, "base", sample, ())
        return [sampler.draw(torch.zeros(1, 1000), [stream])[0] for _ in range(5)]

    names: dict[str, Any] = {"seed": 1, "item": "a", "sample": 0}
    first = drawn(**names)
    assert drawn(**names) == first
    assert drawn(**{**names, change: {"seed": 2, "item": "b", "sample": 1}[change]}) != first


def test_names_that_run_together_have_keys_of_their_own() -> None:
    assert stream_key(["1", "a\0001", "0"]) != stream_key(["1", "a", "1", "0"])
    assert stream_key(["\ud800"]) != stream_key(["?"])


def test_greedy_takes_the_likeliest_that_is_not_penalised() -> None:
    logits = torch.tensor([[3.0, 2.9, -1.0], [1.0, -0.1, -0.2]])
    plain = Sampler(GenerationSettings())
    assert plain.draw(logits, streams(2)) == [0, 0]
    penal = Sampler(GenerationSettings(repetition_penalty=2.0))
    rows = [penal.stream("p", "base", 0, prompt) for prompt in ((0,), (2, 2))]
    assert [penal.draw(logits, rows) for _ in range(3)] == [[1, 0], [0, 0], [0, 0]]
    assert rows[0].seen == [0, 1]
    assert torch.equal(logits, torch.tensor([[3.0, 2.9, -1.0], [1.0, -0.1, -0.2]]))


def test_16_bit_logits_are_drawn_from() -> None:
    logits = torch.tensor([[0.0, 30.0, 0.0]], dtype=torch.bfloat16)
    assert Sampler(replace(SAMPLING, repetition_penalty=1.1)).draw(logits, streams(1)) == [1]


@pytest.fixture(scope="module")
def stops(tiny: Path) -> Any:
    tokenizer = load_tokenizer(str(tiny / "llama" / "base"))

    def make(*stop: str) -> tuple[StopTexts, Any]:
        return StopTexts(stop, tokenizer), lambda text: tokenizer(text)["input_ids"]

    return make


@pytest.mark.parametrize("text", ["The heart.\n\nUser: more", "The ♥ heart ♥♥\n\nUser:", "\n\nUser: "])
def test_a_stop_text_is_found_with_the_token_that_completes_it(stops: Any, text: str) -> None:
    stop, ids = stops("\n\nUser:")
    tokens = ids(text)
    reached = [stop.reached(tokens[:count]) for count in range(len(tokens) + 1)]
    first = reached.index(True)
    texts = [plain_text(tokens[:n], stop._tokenizer) for n in range(len(tokens) + 1)]
    complete = [text[: text.index("User:") + 5] in one for one in texts]
    assert first == complete.index(True)
    assert stop.cut(text) == text[: text.index("\n\nUser:")]


def test_the_earliest_of_several_stop_texts_counts(stops: Any) -> None:
    stop, ids = stops("blood", "heart", "")
    assert stop.cut("The heart pumps blood") == "The "
    assert stop.reached(ids("The heart"))
    assert stop.cut("Nothing") is None
    assert not stop.reached(ids("Nothing"))


def test_a_stop_text_long_after_the_beginning_is_found(stops: Any) -> None:
    stop, ids = stops("♥♥")
    assert stop.reached(ids("heart " * 200 + "♥♥"))


def test_without_stop_texts_nothing_stops(stops: Any) -> None:
    stop, ids = stops()
    assert not stop.reached(ids("The heart"))
    assert stop.cut("The heart") is None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
@pytest.mark.parametrize("settings", [SAMPLING, replace(SAMPLING, top_p=0.9, repetition_penalty=1.2)])
def test_a_cuda_device_draws_what_the_cpu_draws(settings: GenerationSettings) -> None:
    """Given the same logits; those of the two devices differ by rounding."""
    logits = torch.randn(64, 50_000, generator=torch.Generator().manual_seed(0)) * 2.5
    drawn = [Sampler(settings).draw(one, streams(64, settings)) for one in (logits, logits.cuda())]
    assert same(*drawn) > 0.98


@pytest.mark.parametrize("temperature", [1e-30, 1e-45, 1e-300])
def test_the_coldest_draws_are_greedy(temperature: float) -> None:
    """And not of numbers that float32 cannot hold."""
    logits = 5 * torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    settings = replace(SAMPLING, temperature=temperature)
    assert Sampler(settings).draw(logits, streams(4, settings)) == logits.argmax(1).tolist()
