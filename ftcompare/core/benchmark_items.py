"""Items of a benchmark task as lm-evaluation-harness logs them: metrics, and texts kept for reading.

The same code reads the engine's own runs and the harness's log files, so that systems can be compared item by
item. A metric is kept only where it is one number for each item; metrics that the harness computes over all
items at once (F1, BLEU) are left out. A perplexity is kept as that of the single item. Source:
``lm_eval/evaluator.py`` and ``lm_eval/api/task.py`` of github.com/EleutherAI/lm-evaluation-harness, version
0.4.13.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ftcompare.core.hashing import Json, digest

ASKED_KEPT = 2000  # number of characters kept from the end of the text that the model was asked

REPLY_KEPT = 4000
DIGEST_KEPT = 12
DIGITS = 6
LARGEST_EXPONENT = 700.0

PERPLEXITIES = frozenset({"word_perplexity", "byte_perplexity", "bits_per_byte"})
FALLING = frozenset({*PERPLEXITIES, "perplexity", "brier_score", "ter"})  # smaller values are better


@dataclass(frozen=True, slots=True)
class LoggedItem:
    item: str  # the item's index in the task and the start of its digest; equal for every system
    metrics: dict[str, float] = field(default_factory=dict)  # the item's value of each metric, by metric name
    record: dict[str, Json] = field(default_factory=dict)  # question, answers, digests, settings
    left_out: set[str] = field(default_factory=set)  # names of metrics that have no number for this item


def logged_items(samples: Iterable[Mapping[str, Any]]) -> Iterator[LoggedItem]:
    """Yield each item with the metrics of all filters; KeyError, TypeError, ValueError, IndexError else."""
    samples = list(samples)
    filters = {str(sample["filter"]) for sample in samples}
    names = ", ".join(sorted(filters))[:REPLY_KEPT]
    found: dict[str, LoggedItem] = {}
    for sample in samples:
        key = f"{int(sample['doc_id'])}-{str(sample['doc_hash'])[:DIGEST_KEPT]}"
        item = found.setdefault(key, LoggedItem(key, record=_record(sample, names)))
        for name in sample["metrics"]:
            value = one_number(name, sample[name])
            whole = "loglikelihood" if name == "perplexity" else name
            whole = whole if len(filters) == 1 else f"{whole},{sample['filter']}"
            if value is None:
                item.left_out.add(whole)
            elif whole in item.metrics:
                raise ValueError(f"item {item.item} appears twice")
            else:
                item.metrics[whole] = value
    yield from found.values()


def one_number(metric: str, value: object) -> float | None:
    """Return an item's value of a metric; None where it has no finite number for a single item."""
    number: Any = value
    try:
        if metric in PERPLEXITIES and isinstance(value, tuple | list) and len(value) == 2 and value[1]:
            mean = -float(value[0]) / float(value[1])
            number = (
                mean / math.log(2) if metric == "bits_per_byte" else math.exp(min(mean, LARGEST_EXPONENT))
            )
        found = float(number)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return round(found, DIGITS) if math.isfinite(found) else None


def _record(sample: Mapping[str, Any], filters: str) -> dict[str, Json]:
    requests, replied = _requests(sample["arguments"]), list(sample["filtered_resps"])
    texts = [str(one[1]) for one in requests if len(one) > 1 and isinstance(one[1], str)]
    shown: list[Json] = [_shown(one) for one in replied]
    if texts and len(texts) == len(shown):
        shown = [{"text": text[:REPLY_KEPT], "found": one} for text, one in zip(texts, shown, strict=True)]
    given = {k: v for own in requests for one in own if isinstance(one, dict) for k, v in one.items()}
    spelled = {key: json.dumps(given[key], default=str).removesuffix(".0")[:REPLY_KEPT] for key in given}
    return {
        "asked": str(requests[0][0])[-ASKED_KEPT:],
        "target": str(sample["target"])[:REPLY_KEPT],
        "replied": shown,
        "prompt": str(sample["prompt_hash"])[:DIGEST_KEPT],
        "choices": digest("choices", [*texts])[:DIGEST_KEPT],
        "settings": [f"filter {filters}", *(f"{key} {spelled[key]}" for key in sorted(given))],
    }


def _requests(arguments: Any) -> list[list[Any]]:
    requests = list(arguments.values()) if isinstance(arguments, dict) else list(arguments)
    return [list(one.values()) if isinstance(one, dict) else list(one) for one in requests]


def _shown(value: object) -> Json:
    """Return a reply as text; for a likelihood request the log-likelihood as a number, in nats."""
    first = value[0] if isinstance(value, tuple | list) and value else value
    if isinstance(first, float):
        return _rounded(first)
    if isinstance(value, tuple | list) and len(value) == 2 and isinstance(value[0], str):
        try:
            return _rounded(float(value[0]))  # logs of older versions store likelihoods as strings
        except ValueError:
            return str(value[0])[:REPLY_KEPT]
    return str(value)[:REPLY_KEPT]


def _rounded(number: float) -> Json:
    """Round a number; an infinity or NaN becomes text, because JSON has no such numbers."""
    return round(number, DIGITS) if math.isfinite(number) else str(number)
