"""Log-likelihoods of the labels of prompts, by system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ftcompare.core.study import PromptId, SystemId
from ftcompare.store.records import LabelScores
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.sqlite.values import read_list, to_json
from ftcompare.store.study.measured_rows import insert_measured

DIGITS = 6
"""Number of decimal places of a stored log-probability."""


class StudyLabelScores(Repository):
    """Stores, by prompt and system, the log-probabilities of the prompt's labels, in the labels' order."""

    def store(self, prompt: PromptId, found: Mapping[SystemId, Sequence[float]], *, examination: int) -> None:
        """Store the log-probabilities (in nats) of a prompt's labels by system; existing ones stay."""
        with self._db.atomic():
            rows = self._db.rows("SELECT system FROM label_scores WHERE prompt = ?", (prompt,))
            present = {row["system"] for row in rows}
            for system, logprobs in found.items():
                if system not in present:
                    kept = to_json([round(one, DIGITS) for one in logprobs])
                    values = {"examination": examination, "prompt": prompt, "system": system}
                    insert_measured(self._db, "label_scores", **values, logprobs=kept)

    def scored(self) -> frozenset[tuple[PromptId, SystemId]]:
        """The pairs of prompt and system for which the labels are scored."""
        rows = self._db.rows("SELECT prompt, system FROM label_scores")
        return frozenset((PromptId(row["prompt"]), SystemId(row["system"])) for row in rows)

    def all(self) -> Iterator[LabelScores]:
        """Every row in the order in which they were stored, read a page at a time."""
        for row in self._db.paged("SELECT * FROM label_scores WHERE id > ? ORDER BY id LIMIT ?"):
            logprobs = tuple(float(one) for one in read_list(row["logprobs"]))
            yield LabelScores(PromptId(row["prompt"]), SystemId(row["system"]), logprobs)
