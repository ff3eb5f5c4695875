"""Results of lm-evaluation-harness: the metrics in ``samples_<task>_<time>.jsonl`` (``--log_samples``).

`ftcompare.formats.lm_eval` reads the answers of the same files, to be judged by people; here what the harness
found of each item is read, of tasks of every kind.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ftcompare.core.benchmark_items import LoggedItem, logged_items
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.formats.foreign_pairs import MAX_BYTES
from ftcompare.formats.json_elements import read_objects
from ftcompare.formats.lm_eval import task_named
from ftcompare.formats.text_files import printable

_FIELDS = ("doc_id", "doc_hash", "target", "arguments", "filtered_resps", "filter", "metrics", "prompt_hash")
_HOW = "Give a file that lm-evaluation-harness 0.4.8 or newer writes with --log_samples."
_FLOAT_BITS = 1_000
"""Maximum bits of integers that are accepted; a float can hold up to 1,024."""

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class HarnessLog:
    """The results of one system in one task.

    Args:
        task: name of the task, from the file's name.
        digest: SHA-256 of the file.
        left_out: number of skipped lines, with NaN, an infinity or a number too large for a float.
    """

    task: str
    items: tuple[LoggedItem, ...]
    digest: str
    left_out: int = 0


def read_log(path: Path) -> HarnessLog:
    """Read the results in a file.

    Raises:
        UserError: the file, with the line where it is one, and what is wrong; code ``bad-log``.
    """
    where = printable(path.name)
    task = task_named(path)
    if not task:
        what = "The file's name does not tell the task."
        raise UserError(
            what, where=where, how="Call it samples_TASK_TIME.jsonl, as the harness does.", code="bad-log"
        )
    samples, left_out = [], list[int]()
    wanted = "a sample of lm-evaluation-harness"
    for record in read_objects(path, max_bytes=MAX_BYTES, wanted=wanted, not_finite=left_out.append):
        lacking = [name for name in _FIELDS if name not in record.fields]
        if lacking:
            what = f"A sample lacks {lacking[0]}."
            raise UserError(what, where=record.where, how=_HOW, code="bad-log")
        if large := [name for name, value in record.fields.items() if _is_too_large(value)]:
            what = f"The number {printable(large[0])[:40]} is too large."
            raise UserError(what, where=record.where, how=_HOW, code="bad-log")
        samples.append(record.fields)
    try:
        items = tuple(logged_items(samples))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError) as error:
        what = f"A sample is not as the harness writes it: {printable(_SPACES.sub(' ', str(error)))[:200]}."
        raise UserError(what, where=where, how=_HOW, code="bad-log") from error
    if not any(item.metrics for item in items):
        what = "The file has no metric with a number for each item."
        if left_out:
            what = f"{what} Passed over: {counted(len(left_out), 'line')} with NaN or an infinity."
        raise UserError(what, where=where, how=_HOW, code="bad-log")
    return HarnessLog(task, items, _digest(path), len(left_out))


def _is_too_large(value: Json) -> bool:
    """Whether a value is an integer too large for a float."""
    return isinstance(value, int) and value.bit_length() > _FLOAT_BITS


def _digest(path: Path) -> str:
    """SHA-256 of a file that was just read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
