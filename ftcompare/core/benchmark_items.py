"""Items of a benchmark task as lm-evaluation-harness logs them: metrics, and texts kept for reading.

One and the same for what the engine has just done and for the harness's own logs, so that systems can be
compared item by item wherever the results come from. A metric counts where it is one number for each item:
those that the harness only computes over all items at once (F1, BLEU) are left out. Of perplexities an item's
own is kept. Source: ``lm_eval/evaluator.py`` and ``lm_eval/api/task.py`` of
github.com/EleutherAI/lm-evaluation-harness, version 0.4.13.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ftcompare.core.hashing import Json

ASKED_KEPT = 2000
"""Characters of the end of what was asked."""

REPLY_KEPT = 4000
DIGEST_KEPT = 12
DIGITS = 6
LARGEST_EXPONENT = 700.0

PERPLEXITIES = frozenset({"word_perplexity", "byte_perplexity", "bits_per_byte"})
FALLING = frozenset({*PERPLEXITIES, "perplexity", "brier_score", "ter"})
"""Metrics of the harness of which less is better."""


@dataclass(frozen=True, slots=True)
class LoggedItem:
    """What one system made of one item.

    Args:
        item: its place in the task and the beginning of its digest: the same item for every system.
        metrics: by name.
        record: what was asked, what is right, what was replied, and a digest of the whole prompt.
        left_out: names of metrics that are no number of this item.
    """

    item: str
    metrics: dict[str, float] = field(default_factory=dict)
    record: dict[str, Json] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)


def logged_items(samples: Iterable[Mapping[str, Any]]) -> Iterator[LoggedItem]:
    """Each item once, with the metrics of all filters, in the order of the samples.

    Args:
        samples: as the harness logs them, one for each item and filter.

    Raises:
        KeyError, TypeError, ValueError, IndexError: a sample is not as the harness logs it.
    """
    samples = list(samples)
    filters = {str(sample["filter"]) for sample in samples}
    found: dict[str, LoggedItem] = {}
    for sample in samples:
        key = f"{int(sample['doc_id'])}-{str(sample['doc_hash'])[:DIGEST_KEPT]}"
        item = found.setdefault(key, LoggedItem(key, record=_record(sample)))
        for name in sample["metrics"]:
            value = one_number(name, sample[name])
            whole = "loglikelihood" if name == "perplexity" else name
            whole = whole if len(filters) == 1 else f"{whole},{sample['filter']}"
            if value is None:
                item.left_out.add(whole)
            elif whole in item.metrics:
                raise ValueError(f"item {item.item} stands twice")
            else:
                item.metrics[whole] = value
    yield from found.values()


def one_number(metric: str, value: object) -> float | None:
    """An item's value of a metric; None where it is no finite number of its own."""
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


def _record(sample: Mapping[str, Any]) -> dict[str, Json]:
    requests, replied = _requests(sample["arguments"]), list(sample["filtered_resps"])
    texts = [str(one[1]) for one in requests if len(one) > 1 and isinstance(one[1], str)]
    shown: list[Json] = [_shown(one) for one in replied]
    if texts and len(texts) == len(shown):
        shown = [{"text": text[:REPLY_KEPT], "found": one} for text, one in zip(texts, shown, strict=True)]
    return {
        "asked": str(requests[0][0])[-ASKED_KEPT:],
        "target": str(sample["target"])[:REPLY_KEPT],
        "replied": shown,
        "prompt": str(sample["prompt_hash"])[:DIGEST_KEPT],
    }


def _requests(arguments: Any) -> list[list[Any]]:
    """What the model was given, a list a request; in files these are objects with numbered names."""
    requests = list(arguments.values()) if isinstance(arguments, dict) else list(arguments)
    return [list(one.values()) if isinstance(one, dict) else list(one) for one in requests]


def _shown(value: object) -> Json:
    """A reply as text; of a likelihood the number, in nats."""
    first = value[0] if isinstance(value, tuple | list) and value else value
    if isinstance(first, float):
        return _rounded(first)
    if isinstance(value, tuple | list) and len(value) == 2 and isinstance(value[0], str):
        try:
            return _rounded(float(value[0]))  # logs of older versions spell likelihoods as texts
        except ValueError:
            return str(value[0])[:REPLY_KEPT]
    return str(value)[:REPLY_KEPT]


def _rounded(number: float) -> Json:
    """As JSON, which has no infinities."""
    return round(number, DIGITS) if math.isfinite(number) else str(number)
