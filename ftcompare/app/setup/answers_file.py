"""A file of answers that exist already: what is in it, and whether a study can be made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.formats.answer_files import read_answers
from ftcompare.formats.record_fields import digest_of_prompt


@dataclass(frozen=True, slots=True)
class AnswersOverview:
    """What a file of answers holds.

    Args:
        prompts: how many different ones.
        systems: each with how many prompts it answered, by name.
        paired: prompts that at least two systems answered, so that there is a pair to judge.
        first: the first prompt.
    """

    prompts: int
    systems: tuple[tuple[str, int], ...]
    paired: int
    first: str

    @property
    def missing(self) -> int:
        """Answers that lack: of a system to a prompt that another one answered."""
        return sum(self.prompts - answered for _, answered in self.systems)


def answers_in(path: Path) -> AnswersOverview:
    """Look through a file of answers.

    Raises:
        UserError: with the line that is wrong; ``one-system``, ``no-pairs`` where nothing could be compared.
    """
    answered: dict[tuple[str, bytes], set[str]] = {}
    first = ""
    for record in read_answers(path):
        first = first or record.messages[-1].content
        key = record.prompt_id, digest_of_prompt(record.messages)
        answered.setdefault(key, set()).add(record.system)
    counts = Counter(system for systems in answered.values() for system in systems)
    paired = sum(len(systems) > 1 for systems in answered.values())
    _require_pairs(path, tuple(counts), paired)
    return AnswersOverview(len(answered), tuple(sorted(counts.items())), paired, first)


def _require_pairs(path: Path, systems: tuple[str, ...], paired: int) -> None:
    how = "Give each answer its system: a line with prompt, system and response, or a column for each system."
    if len(systems) < 2:
        found = f"answers of one system alone, “{systems[0]}”" if systems else "no answer"
        raise UserError(
            f"The file has {found}; a comparison needs two.", where=path.name, how=how, code="one-system"
        )
    if not paired:
        what = "No prompt is answered by two systems, so that there is nothing to compare."
        raise UserError(what, where=path.name, how=how, code="no-pairs")
