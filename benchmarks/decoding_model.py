"""What benchmarks/decoding.py measures with: models, prompts, forced lengths, and what to compare with."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import torch
from machine import memory_private
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from ftcompare.engine import protocol
from ftcompare.engine.backends.local.generation import ProgressMonitor
from ftcompare.engine.backends.local.loading import AdapterWeights, Base, load_adapter, load_base
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.sampling import RandomStream, Sampler
from ftcompare.engine.backends.local.stacked_lora import decoder as writer_module
from ftcompare.engine.backends.local.stacked_lora.decoder import StackedLoraDecoder
from ftcompare.engine.backends.local.stacked_lora.prepared_model import pack_weights
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.backends.local.typed_transformers import generate, generation_config
from ftcompare.engine.models.adapter_config import LORA_KIND
from ftcompare.engine.models.model_folder import inspect_adapter, inspect_model
from ftcompare.engine.protocol import GenerationSettings, Pair

RANK = 16
END, WORD = 0, 5
VOCABULARY = 49152
MEDIAN, SIGMA, LONGEST = 60, 0.7, 192
"""Lengths of answers, in tokens: log-normal."""
PROMPT_MEDIAN, PROMPT_SIGMA, PROMPT_LONGEST = 35, 0.5, 120


def build_135m(folder: Path, *, layers: int = 30, context: int = 2048) -> tuple[Path, Path]:
    """A Llama of 135 million parameters with random weights, and an adapter of rank 16 on all its layers.

    With other numbers of layers it has fewer or more parameters.
    """
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=576, intermediate_size=1536, num_hidden_layers=layers,
        num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True,
        max_position_embeddings=context, bos_token_id=None, eos_token_id=END,
    )  # fmt: skip
    model: Any = LlamaForCausalLM(config)
    model = model.to(torch.bfloat16)
    model.save_pretrained(folder / "base")
    words = {"<end>": END, **{f"w{number}": number for number in range(1, VOCABULARY)}}
    make: Any = PreTrainedTokenizerFast
    make(tokenizer_object=Tokenizer(WordLevel(words, "<end>")), eos_token="<end>").save_pretrained(
        folder / "base"
    )
    peft: Any = get_peft_model(model, LoraConfig(r=RANK, target_modules="all-linear", task_type="CAUSAL_LM"))
    with torch.no_grad():
        for name, parameter in peft.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.02)
    peft.save_pretrained(str(folder / "adapter"), save_embedding_layers=False)
    return folder / "base", folder / "adapter"


SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {
        "vocab_size": 1024, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": True,
    },
    "1b": {
        "vocab_size": 128_256, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
        "num_attention_heads": 32, "num_key_value_heads": 8, "tie_word_embeddings": True,
    },
    "8b": {
        "vocab_size": 128_256, "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "tie_word_embeddings": False,
    },
    "14b": {
        "vocab_size": 152_064, "hidden_size": 5120, "intermediate_size": 13_824, "num_hidden_layers": 48,
        "num_attention_heads": 40, "num_key_value_heads": 8, "tie_word_embeddings": False,
    },
}  # fmt: skip
"""Llamas with the sizes of Llama 3.2 1B, Llama 3.1 8B, and Qwen 2.5 14B, and one that a test can run."""


def make_on(device: torch.device, shape: str, dtype: torch.dtype) -> tuple[LoadedSystems, LoadedSystems]:
    """Make systems of a shape with random weights, without files; and its base alone, of the same weights."""
    torch.manual_seed(0)
    config = LlamaConfig(**SHAPES[shape], max_position_embeddings=2048, bos_token_id=None, eos_token_id=END)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            model: Any = LlamaForCausalLM(config)
            tensors = dict(_lora_tensors(model))
    finally:
        torch.set_default_dtype(before)
    model.eval().requires_grad_(False)
    shared = {id(one): one for one in (*model.parameters(), *model.buffers())}
    alone: Any = copy.deepcopy(model, shared)
    words = {"<end>": END, **{f"w{number}": number for number in range(1, config.vocab_size)}}
    make: Any = PreTrainedTokenizerFast
    tokenizer = make(tokenizer_object=Tokenizer(WordLevel(words, "<end>")), eos_token="<end>")
    folder: Any = SimpleNamespace(
        path=Path(f"random-{shape}"), peft_type="LORA", not_stackable=False, title=LORA_KIND.title
    )
    lora = LoraConfig(
        r=RANK, target_modules=sorted({name.split(".")[-3] for name in tensors}), task_type="CAUSAL_LM"
    )
    bases = [Base(folder, one, tokenizer, (END,), END, 2048, ()) for one in (model, alone)]
    systems = LoadedSystems(bases[0], {"tuned": AdapterWeights(folder, lora, tensors, "random")})
    systems.attach()
    return systems, LoadedSystems(bases[1], {})


def _lora_tensors(model: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """Numbers of an adapter for all linear layers but the head."""
    for name, layer in model.named_modules():
        if isinstance(layer, torch.nn.Linear) and name != "lm_head":
            yield f"base_model.model.{name}.lora_A.weight", torch.randn(RANK, layer.in_features) / RANK
            yield f"base_model.model.{name}.lora_B.weight", torch.randn(layer.out_features, RANK) * 0.02


def build_merged(folder: Path) -> None:
    """What one without FTCompare would load as the second model: the base with the adapter merged into it."""
    systems = load(folder / "base", folder / "adapter", torch.bfloat16)
    systems.detach()
    peft: Any = PeftModel.from_pretrained(systems.base.model, str(folder / "adapter"))
    peft.merge_and_unload().save_pretrained(folder / "merged")
    systems.base.tokenizer.save_pretrained(str(folder / "merged"))


class PrivateMemory:
    """Measures the bytes that this process holds for itself, while it is entered."""

    def __init__(self) -> None:
        self.most = 0
        self._ended = Event()

    def __enter__(self) -> PrivateMemory:
        self._before = memory_private()
        self._thread = Thread(target=self._monitor, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def grown(self) -> int:
        """By how much it holds more than at the start."""
        found = memory_private() - self._before
        self.most = max(self.most, found)
        return found

    def _monitor(self) -> None:
        while not self._ended.wait(0.02):
            self.grown()


def load(base: Path, adapter: Path | None, dtype: torch.dtype, device: str = "cpu") -> LoadedSystems:
    """As the engine has them when they are proved; the adapter is called "tuned" and attached."""
    loaded = load_base(inspect_model(str(base)), torch.device(device), dtype)
    adapters = {"tuned": load_adapter(inspect_adapter(str(adapter)), loaded)} if adapter else {}
    systems = LoadedSystems(loaded, adapters)
    systems.attach()
    pack_weights(systems, lambda _: None, lambda: False)
    return systems


@dataclass(frozen=True, slots=True)
class Trace:
    """Prompts, and for each system how long its answer to each is, in tokens."""

    prompts: tuple[Encoded, ...]
    lengths: dict[tuple[str, str], int]

    def of(self, key: str) -> list[int]:
        """The lengths of one system's answers."""
        return [self.lengths[prompt.key, key] for prompt in self.prompts]

    def twice(self) -> Trace:
        """The same rows, all of the base: every prompt a second time, with the length of the other system."""
        others = [Encoded(f"{p.key}*", p.ids, p.limit) for p in self.prompts]
        lengths = {(p.key, "base"): self.lengths[p.key, "base"] for p in self.prompts}
        lengths |= {(f"{p.key}*", "base"): self.lengths[p.key, "tuned"] for p in self.prompts}
        return Trace((*self.prompts, *others), lengths)


def trace(count: int, seed: int = 1) -> Trace:
    """Prompts and lengths with the natural spread."""
    random = Random(seed)

    def length(median: float, sigma: float, longest: int) -> int:
        return max(4, min(longest, round(random.lognormvariate(0, sigma) * median)))

    prompts = []
    lengths = {}
    for number in range(count):
        ids = tuple(
            random.randrange(1, 1000) for _ in range(length(PROMPT_MEDIAN, PROMPT_SIGMA, PROMPT_LONGEST))
        )
        prompts.append(Encoded(f"p{number}", ids, LONGEST))
        for key in ("base", "tuned"):
            lengths[f"p{number}", key] = length(MEDIAN, SIGMA, LONGEST)
    return Trace(tuple(prompts), lengths)


def single(tokens: int) -> Trace:
    """One prompt of 40 tokens with answers of so many tokens."""
    prompt = Encoded("p", tuple(range(10, 50)), tokens)
    return Trace((prompt,), {("p", "base"): tokens, ("p", "tuned"): tokens})


class Forced(Sampler):
    """Greedy, but the lengths are given: no end before it, one at it."""

    lengths: dict[tuple[str, str], int]
    ends: tuple[int, ...]

    def stream(self, item: str, system: str, sample: int, prompt_ids: Sequence[int]) -> RandomStream:
        """With the length of this row's answer."""
        stream = super().stream(item, system, sample, prompt_ids)
        vars(stream)["length"] = self.lengths[item, system]
        return stream

    def draw(self, logits: torch.Tensor, streams: Sequence[RandomStream]) -> list[int]:
        """The tokens; the work of drawing is done as always."""
        drawn = super().draw(logits, streams)
        return [self._forced(token, stream) for token, stream in zip(drawn, streams, strict=True)]

    def _forced(self, token: int, stream: RandomStream) -> int:
        left = vars(stream)["length"] - stream.position
        return self.ends[0] if left < 0 else WORD if token in self.ends else token


@contextlib.contextmanager
def forced(lengths: dict[tuple[str, str], int], ends: tuple[int, ...]) -> Iterator[None]:
    """Within it the stacked path writes answers of these lengths."""
    kept = vars(writer_module)["Sampler"]
    kind = type("Forced", (Forced,), {"lengths": lengths, "ends": ends})
    vars(writer_module)["Sampler"] = kind
    try:
        yield
    finally:
        vars(writer_module)["Sampler"] = kept


def write_stacked(
    systems: LoadedSystems, keys: Sequence[str], rows: Trace, at_a_time: int
) -> list[protocol.Event]:
    """By the stacked path."""
    events: list[protocol.Event] = []
    base = systems.base
    monitor = ProgressMonitor(
        len(rows.prompts), (*base.end_tokens, base.pad_token), events.append, lambda: False
    )
    settings = GenerationSettings(max_new_tokens=LONGEST, batch_prompts=at_a_time)
    with forced(rows.lengths, base.end_tokens):
        StackedLoraDecoder(systems, keys, settings, monitor).write(rows.prompts)
    wanted = sum(rows.lengths[prompt.key, key] for prompt in rows.prompts for key in keys)
    found = sum(one.tokens for event in events if isinstance(event, Pair) for one in event.responses)
    if found != wanted:
        raise SystemExit(f"{found} tokens were written, and not {wanted}.")
    return events


def write_padded(
    systems: LoadedSystems, key: str, prompts: Sequence[Encoded], lengths: Sequence[int]
) -> None:
    """By transformers' `generate`, one padded batch, as long as its longest answer."""
    base = systems.base
    longest = max(len(prompt.ids) for prompt in prompts)
    ids = torch.tensor(
        [[base.pad_token] * (longest - len(p.ids)) + list(p.ids) for p in prompts], device=base.device
    )
    mask = torch.tensor(
        [[0] * (longest - len(p.ids)) + [1] * len(p.ids) for p in prompts], device=base.device
    )
    count = max(lengths)
    config = generation_config(
        max_new_tokens=count,
        min_new_tokens=count,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=base.pad_token,
    )
    with systems.speaking(key), no_gradients():
        generate(base.model, input_ids=ids, attention_mask=mask, generation_config=config)


def in_batches(rows: Trace, size: int) -> Iterator[list[int]]:
    """Places of the prompts, sorted by length, so many at a time."""
    order = sorted(range(len(rows.prompts)), key=lambda at: len(rows.prompts[at].ids))
    for first in range(0, len(order), size):
        yield order[first : first + size]


def write_on_and_off(systems: LoadedSystems, rows: Trace, size: int) -> None:
    """Padded batches, the adapter off and then on."""
    for places in in_batches(rows, size):
        for key in ("base", "tuned"):
            prompts = [rows.prompts[at] for at in places]
            write_padded(systems, key, prompts, [rows.of(key)[at] for at in places])
