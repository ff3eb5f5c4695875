"""Log-probabilities of texts are those that each model gives by itself, token for token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.study import Message
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local import devices
from ftcompare.engine.backends.local import scoring as local_scoring
from ftcompare.engine.backends.local.typed_transformers import last_logits, load_tokenizer, tokens_with_starts
from ftcompare.engine.protocol import GenerationSettings, Progress, TextScore, TextToScore
from tests.builders import refusal_code
from tests.engine.local.local_driver import Driver, item, ready
from tests.engine.tiny_models import CONTEXT, SHAPES, change_tensors

DEMO = Path(__file__).parents[3] / "resources" / "demo"
ANSWER = "The heart ♥ pumps blood through the body.\n\nIt is high."


def text(key: str, answer: str = ANSWER, question: str = "What is the heart?") -> TextToScore:
    return TextToScore(key, (Message("user", question),), answer)


def direct(base: Path, prompt: str, answer: str, adapter: Path | None = None) -> list[float]:
    """One forward pass of a separately loaded model over prompt and answer, nothing padded."""
    load: Any = AutoModelForCausalLM.from_pretrained
    tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
    model: Any = load(str(base)).eval()
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
    before = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    ids = tokenizer(answer, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([before + ids])).logits[0]
    found = logits[len(before) - 1 : -1].log_softmax(1)
    return [float(row[token]) for row, token in zip(found, ids, strict=True)]


@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_those_of_each_model_by_itself(tiny: Path, shape: str) -> None:
    base, adapter = tiny / shape / "base", tiny / shape / "adapter"
    driver = ready(base, adapter)
    several = (text("long"), text("short", "High"), text("other", "It is.", "Hypertension and what?"))
    scores = driver.score(*several)
    for one in several:
        question = one.messages[0].content
        prompt = f"<|user|>{question}<|end|><|assistant|>" if shape != "gpt2" else question + "\n"
        for key, folder in (("base", None), ("a0", adapter)):
            expected = direct(base, prompt, one.text, folder)
            assert scores[one.key][key].logprobs == pytest.approx(expected, abs=2e-4)
        assert scores[one.key]["base"].logprobs != scores[one.key]["a0"].logprobs


def test_a_system_finds_its_own_text_likelier_than_the_other_does() -> None:
    driver = ready(DEMO / "base", DEMO / "adapter")
    question = "Explain a blood clot in the leg."
    pair = driver.write((item("p", question),), GenerationSettings(24))["p"]
    scores = driver.score(*(text(key, one.text, question) for key, one in pair.items()))
    assert len(scores["base"]["base"].starts) > 10
    for key, other in (("base", "a0"), ("a0", "base")):
        assert sum(scores[key][key].logprobs) > sum(scores[key][other].logprobs)


def test_tokens_are_the_same_for_all_and_start_where_they_stand(driver: Driver, tiny: Path) -> None:
    scores = driver.score(text("p"))["p"]
    starts = scores["base"].starts
    assert starts == scores["a0"].starts
    assert list(starts) == sorted(starts)
    assert starts[0] == 0
    tokenizer = load_tokenizer(str(tiny / "llama" / "base"))
    ids, own = tokens_with_starts(tokenizer, ANSWER, special=False)
    assert list(starts) == own
    ends = [*starts[1:], len(ANSWER)]
    for token, start, end in zip(ids, starts, ends, strict=True):
        piece = str(tokenizer.decode([token]))
        assert "\ufffd" in piece or piece.strip() == ANSWER[start:end].strip()
    assert all(len(one.logprobs) == len(starts) for one in scores.values())
    assert max(scores["base"].logprobs) <= 0


class Slow:
    """As a tokenizer without offsets."""

    is_fast = False

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.decode = tokenizer.decode

    def __call__(self, words: str, **options: Any) -> Any:
        assert "return_offsets_mapping" not in options
        return self._tokenizer(words, **options)


def test_a_tokenizer_without_offsets_has_starts_too(tiny: Path) -> None:
    fast = load_tokenizer(str(tiny / "llama" / "base"))
    slow: Any = Slow(fast)
    ids, starts = tokens_with_starts(slow, "The heart pumps.", special=False)
    assert ids == tokens_with_starts(fast, "The heart pumps.", special=False)[0]
    assert (
        "".join("The heart pumps."[a:b] for a, b in zip(starts, [*starts[1:], 99], strict=True))
        == "The heart pumps."
    )
    assert starts[0] == 0
    assert len(set(starts)) == len(starts)


def test_a_tokenizer_that_begins_with_a_blank_is_asked_for_both_together(tiny: Path) -> None:
    """Many models' tokenizers put a blank before a text; in the middle of one there is none."""
    driver = ready(tiny / "gpt2" / "base")
    base = driver.backend._loaded_systems().base
    backend: Any = base.tokenizer
    backend._tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    alone, _ = tokens_with_starts(base.tokenizer, "heart", special=False)
    found = local_scoring.cut_text(text("p", "heart"), base)
    assert isinstance(found, local_scoring.TokenizedText)
    assert base.tokenizer.decode(alone) == " heart"
    assert base.tokenizer.decode(list(found.ids)) == "heart"
    assert found.starts[0] == 0


def test_where_the_cut_falls_inside_a_token_the_text_is_cut_alone(tiny: Path) -> None:
    """A plain prompt ends with an end of line, which some tokenizers join with another."""
    driver = ready(tiny / "gpt2" / "base")
    base = driver.backend._loaded_systems().base
    backend: Any = base.tokenizer
    backend._tokenizer.add_tokens(["\n\n"])
    found = local_scoring.cut_text(text("p", "\nheart"), base)
    assert isinstance(found, local_scoring.TokenizedText)
    assert found.ids == tuple(tokens_with_starts(base.tokenizer, "\nheart", special=False)[0])
    assert found.starts[0] == 0


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (text("odd", "heart " * 300), f"context has {CONTEXT}"),
        (text("odd", "x", "heart " * 300), f"context has {CONTEXT}"),
        (text("odd", ""), "empty"),
        (text("odd", "\ud800"), "rejects the text"),
        (TextToScore("odd", (Message("robot", "x"),), "x"), "no user turn"),
    ],
)
def test_a_text_that_cannot_be_scored_fails_alone(driver: Driver, one: TextToScore, reason: str) -> None:
    scores = driver.score(one, text("p"))
    assert set(scores) == {"p"}
    assert reason in driver.failures["odd"]
    progress = [event for event in driver.events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total) == (2, 2)


def test_ids_that_the_model_lacks_fail_alone(tiny: Path) -> None:
    driver = ready(tiny / "llama" / "base")
    base: Any = driver.backend._loaded_systems().base
    base.tokenizer.add_tokens(["atrial fibrillation"])
    assert set(driver.score(text("odd", "It is atrial fibrillation."), text("p"))) == {"p"}
    assert "does not have" in driver.failures["odd"]


def test_a_model_that_gives_no_numbers_scores_nothing(tiny: Path, spoil: Callable[[str], Path]) -> None:
    driver = ready(tiny / "llama" / "base")
    model: Any = driver.backend._loaded_systems().base.model
    with torch.no_grad():
        model.lm_head.weight.mul_(float("nan"))
    assert driver.score(text("p")) == {}
    assert "no finite numbers" in driver.failures["p"]


def run_out(rows: int, monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[int]:
    """Make passes of more rows than that fail; the rows of all that were tried."""
    tried: list[int] = []

    def failing(model: Any, ids: torch.Tensor, *more: Any) -> torch.Tensor:
        tried.append(len(ids))
        if len(ids) > rows:
            raise error
        return last_logits(model, ids, *more)

    monkeypatch.setattr(local_scoring, "last_logits", failing)
    return tried


def test_out_of_memory_halves_the_batch(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    several = tuple(text(f"t{number}") for number in range(4))
    expected = driver.score(*several)
    monkeypatch.setattr(devices, "BATCH_SECONDS", 1e9)
    tried = run_out(1, monkeypatch, torch.OutOfMemoryError("CUDA out of memory."))
    found = driver.score(*several)
    assert tried == [1, 1, 2, 1, 1, 1, 1, 1, 1]  # one text under both systems, then two
    assert near(found, expected)
    run_out(0, monkeypatch, MemoryError())
    assert driver.score(text("p")) == {}
    assert "memory" in driver.failures["p"]


@pytest.mark.parametrize(("seconds", "counts"), [(1e9, [1, 3, 6]), (1e-9, [1, 2, 3, 4, 5, 6])])
def test_progress_is_shown_as_soon_as_a_batch_takes_its_time(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, seconds: float, counts: list[int]
) -> None:
    monkeypatch.setattr(devices, "BATCH_SECONDS", seconds)
    driver.score(*(text(f"t{number}") for number in range(6)))
    assert [event.done for event in driver.events if isinstance(event, Progress)] == counts


def near(one: dict[str, dict[str, TextScore]], other: dict[str, dict[str, TextScore]]) -> bool:
    return set(one) == set(other) and all(
        score.logprobs == pytest.approx(other[key][system].logprobs, abs=1e-4)
        for key, scores in one.items()
        for system, score in scores.items()
    )


def test_other_errors_are_not_swallowed(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    run_out(0, monkeypatch, RuntimeError("something else"))
    with pytest.raises(RuntimeError, match="something else"):
        driver.score(text("p"))
    run_out(0, monkeypatch, torch.AcceleratorError("CUDA error: an illegal memory access"))
    with pytest.raises(EnvironmentFault) as caught:
        driver.score(text("p"))
    assert caught.value.code == "device-lost"


def test_scoring_can_be_cancelled_between_layers(driver: Driver) -> None:
    asked = 0

    def is_cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    driver.is_cancelled = is_cancelled
    with pytest.raises(Cancelled):
        driver.score(text("p"))
    assert asked == 4


def test_nothing_is_scored_before_the_proof(tiny: Path) -> None:
    driver = Driver()
    driver.load(tiny / "llama" / "base")
    assert refusal_code(lambda: driver.score(text("p"))) == "proof-failed"


def test_a_faint_adapter_hardly_changes_the_scores(tiny: Path, spoil: Callable[[str], Path]) -> None:
    adapter = spoil("llama/adapter")
    change_tensors(adapter / "adapter_model.safetensors", lambda t: [one.mul_(0.03) for one in t.values()])
    scores = ready(tiny / "llama" / "base", adapter).score(text("p"))["p"]
    apart = [abs(a - b) for a, b in zip(scores["base"].logprobs, scores["a0"].logprobs, strict=True)]
    assert 0 < max(apart) < 0.5
