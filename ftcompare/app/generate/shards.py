"""Shards: copies of a study in which several machines each generate a share of its pairs."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from ftcompare.app.application_paths import STUDY_SUFFIX, is_there
from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.study.opening import damage_told
from ftcompare.core.errors import UserError
from ftcompare.core.study import Prompt, PromptId, PromptSpec
from ftcompare.store.study.prompts import prompt_digest
from ftcompare.store.study.study_file import StudyFile, read_copy

SHARD_MADE = "shard-made"
"""Kind of the audit log's entry by which a copy of a study becomes a shard."""

Key = TypeVar("Key", bound=Hashable)
Named = TypeVar("Named", bound=tuple[str, object])


@dataclass(frozen=True, slots=True)
class Shard:
    number: int  # from 1
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def file_of(self, study: Path) -> Path:
        return study.with_name(f"{study.stem}.shard-{self.number}-of-{self.count}{STUDY_SUFFIX}")

    def share(self, prompts: Sequence[Prompt]) -> frozenset[PromptId]:
        numbers = dealt(prompts, self.count)
        return frozenset(prompt for prompt, number in numbers.items() if number == self.number)


def dealt(prompts: Sequence[Prompt], shards: int) -> dict[PromptId, int]:
    """The number of each prompt's shard; long prompts are dealt first, so that shards take equally long."""
    order = sorted(prompts, key=lambda prompt: (-_length(prompt.spec), prompt.id))
    return {prompt.id: place % shards + 1 for place, prompt in enumerate(order)}


def _length(spec: PromptSpec) -> int:
    texts = (*(turn.content for turn in spec.messages), *(one.text for one in spec.context))
    return sum(map(len, (*texts, *spec.later_turns)))


def read_shard(text: str) -> Shard:
    match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    number, of = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= of:
        how = "Write NUMBER/COUNT, such as 3/16. The first of them is 1/16, the last is 16/16."
        raise UserError("This is not a shard.", where=text, how=how, code="shard-form")
    return Shard(number, of)


def shard_of(study: StudyFile) -> Shard | None:
    """The shard that a file is; None for a study."""
    made = study.audit.entries(SHARD_MADE)
    return read_shard(str(made[-1].detail.get("shard"))) if made else None


def origin(study: StudyFile) -> str:
    """The digest of the study's last entry before the shard was made; shards of one state have the same."""
    return str(study.audit.entries(SHARD_MADE)[-1].detail.get("from"))


@contextmanager
def opened_shard(study: Path, shard: Shard, out: Path | None, *, now: datetime) -> Iterator[StudyFile]:
    """Open the file of a shard, which is made if it does not exist.

    The study is only read, and only at the beginning, so that all shards can start at the same time.
    """
    out = out or shard.file_of(study)
    with read_copy(study, now=now, copied=lambda _share: None) as copy:
        if shard_of(copy):
            how = "Name the study itself. To continue this shard, leave --shard out."
            raise UserError("This file is a shard already.", where=str(study), how=how, code="shard-of-shard")
        if is_there(out):
            with StudyFile.open(out, now=now) as file:
                if require_same_setup(file, copy) != shard:
                    what = "This file is another shard."
                    raise UserError(what, where=str(out), how="Name another file.", code="shard-other")
        else:
            require_output(out, inputs=(study,), replace=False, new_suffix=STUDY_SUFFIX)
            head = copy.audit.entries()[-1].digest
            copy.audit.append(SHARD_MADE, {"shard": str(shard), "from": head}, now=now)
            copy.save_copy(out)
    with StudyFile.open(out, now=now) as file, damage_told(file):
        yield file


def require_same_setup(file: StudyFile, study: StudyFile) -> Shard:
    """The shard that a file is. Refuses one of another study, or of other prompts or systems."""
    shard, name = shard_of(file), file.path.name
    if shard is None or file.settings.founding_digest() != study.settings.founding_digest():
        how = "Name files that `generate --shard` made from this study."
        raise UserError("This is not a shard of the study.", where=name, how=how, code="shard-foreign")
    how = "Delete the shard, and make it again from the study as it is now."
    here, there = (
        {one.id: (one.spec.key, prompt_digest(one.spec)) for one in each.prompts.all()}
        for each in (file, study)
    )
    if changed := _first_difference(here, there):
        what = f"The prompt “{changed[0]}” is not the same in this shard and in the study."
        raise UserError(what, where=name, how=how, code="shard-prompts")
    own, others = ({one.id: (one.name, one.spec) for one in each.systems.all()} for each in (file, study))
    if differing := _first_difference(own, others):
        what = f"The system “{differing[0]}” is not the same in this shard and in the study."
        raise UserError(what, where=name, how=how, code="shard-systems")
    return shard


def _first_difference(here: Mapping[Key, Named], there: Mapping[Key, Named]) -> Named | None:
    keys = (key for key in {**there, **here} if here.get(key) != there.get(key))
    return next((here.get(key) or there[key] for key in keys), None)
