"""The record of a generation run: settings, device, systems loaded, and their verification.

A study keeps one for each run of the engine, as JSON. Reading takes every record that a study may hold: what
an older version did not write, or what cannot be, is empty. The names of the JSON's fields ("proof",
"engine") are those of the first version, so that its studies and digests stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from types import UnionType
from typing import Any, Self, TypeVar, cast, get_origin

from ftcompare.core.generation_settings import GenerationSettings, read_settings
from ftcompare.core.hashing import Json
from ftcompare.core.task_settings import TaskSettings, read_by_task
from ftcompare.core.typed_json import ShapeError, field_types, read_typed

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class SystemReport:
    """What a loaded system is.

    Args:
        key: of the system: its number in the study.
        parameters: of the base; for an adapter, those it adds.
        rank: the adapter's, None for the base.
        targets: names of the layers that the adapter acts on.
        digest: of configuration and weights as they lie on disk; "" behind a server.
        notes: what the owner should know, in sentences.
        end_tokens_digest: of the token ids that end a response; "" where they are not known.
        recipe_digest: of how it is asked; "" where its recipe says nothing.
    """

    key: str
    architecture: str
    parameters: int
    rank: int | None
    targets: tuple[str, ...]
    digest: str
    tokenizer_digest: str
    template_digest: str
    notes: tuple[str, ...]
    end_tokens_digest: str = ""
    recipe_digest: str = ""


@dataclass(frozen=True, slots=True)
class EngineReport:
    """Where and with which arithmetic systems are computed, and which they are.

    Args:
        dtype: "unknown" behind a server.
        dtype_reason: why this arithmetic was chosen, as a sentence.
        versions: by name of the library.
    """

    device: str
    device_name: str
    dtype: str
    dtype_reason: str
    systems: tuple[SystemReport, ...]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Position:
    """One written token: the one chosen, and natural log-probabilities of the likeliest and of itself."""

    chosen: str
    logprobs: dict[str, float]


@dataclass(frozen=True, slots=True)
class FixedAnswer:
    """What a served system answers, at temperature 0, to a prompt that is the same in every study.

    Args:
        prompt: one user's turn.
        text: as far as it was written.
        positions: of its tokens; empty where the server gives no log-probabilities.
        noise: how far two askings were apart, in nats.
    """

    prompt: str
    text: str
    positions: tuple[Position, ...]
    noise: float


@dataclass(frozen=True, slots=True)
class SystemVerification:
    """For the base: it equals a cleanly loaded base. For an adapter: it differs from the base.

    Args:
        largest_difference: of any logit compared; 0 for a base that is bit-equal.
        statement: what was compared and found, with the bound, in one sentence.
        answers: by which a served system is known again; empty for others, whose digests say what they are.
    """

    key: str
    ok: bool
    largest_difference: float
    statement: str
    answers: tuple[FixedAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """How the responses of one run were generated, or how systems were loaded to be measured or to score.

    Args:
        settings: None where nothing was generated.
        verifications: one for each system that was loaded.
        engine: None where it is not known.
        live: whether it was for a prompt that somebody asked on the live page.
        task: of the prompts, where their settings are those of a task; else "".
        by_task: what was chosen to be another for the prompts of each task.
        general: the settings of the tasks that have none of their own; None where these are ``settings``.
        number: in the study; 0 before it is stored.
        at: when it began, ISO 8601 in UTC; "" before it is stored.
    """

    settings: GenerationSettings | None = None
    verifications: tuple[SystemVerification, ...] = ()
    engine: EngineReport | None = None
    live: bool = False
    number: int = 0
    at: str = ""
    task: str = ""
    by_task: TaskSettings = field(default_factory=dict)
    general: GenerationSettings | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Json]) -> Self:
        """From what a study holds; never refused. ``run`` and ``at`` are the number and the time."""
        settings, engine, number = (stored.get(name) for name in ("settings", "engine", "run"))
        return cls(
            settings=read_settings(settings) if isinstance(settings, dict) else None,
            verifications=_entries(stored.get("proof"), SystemVerification),
            engine=_read_engine(engine) if isinstance(engine, dict) else None,
            live=bool(stored.get("live")),
            number=number if isinstance(number, int) else 0,
            at=str(stored.get("at") or ""),
            task=str(stored.get("task") or ""),
            by_task=read_by_task(stored.get("by_task")),
            general=read_settings(general) if isinstance(general := stored.get("general"), dict) else None,
        )

    def to_json(self) -> dict[str, Json]:
        """What a study keeps: without number and time, which it gives itself."""
        kept: dict[str, Json] = {"live": True} if self.live else {}
        if self.settings:
            kept["settings"] = asdict(self.settings)
        if self.by_task:
            kept["task"] = self.task
            kept["by_task"] = {task: dict(changes) for task, changes in self.by_task.items()}
            kept["general"] = asdict(self.general) if self.general else None
        kept["proof"] = [asdict(one) for one in self.verifications]
        kept["engine"] = asdict(self.engine) if self.engine else None
        return kept

    @property
    def systems(self) -> tuple[SystemReport, ...]:
        """What was loaded; empty where it is not known."""
        return self.engine.systems if self.engine else ()


def read_runs(stored: Iterable[Mapping[str, Json]]) -> tuple[RunRecord, ...]:
    """The records of a study's runs, in their order."""
    return tuple(map(RunRecord.from_json, stored))


def newest_reports(runs: Iterable[RunRecord]) -> dict[str, SystemReport]:
    """By key, what each system was when it was last loaded."""
    return {report.key: report for run in runs for report in run.systems}


def _read_engine(stored: Mapping[str, Any]) -> EngineReport:
    systems = _entries(stored.get("systems"), SystemReport)
    return _lenient(EngineReport, {**stored, "systems": None}, systems=systems)


def _entries(stored: object, kind: type[Entry]) -> tuple[Entry, ...]:
    """Those of a list that name a system of the study."""
    entries = [one for one in stored if isinstance(one, dict)] if isinstance(stored, list) else []
    return tuple(_lenient(kind, one) for one in entries if str(one.get("key")).isdecimal())


def _lenient(kind: type[Entry], stored: Mapping[str, Any], **known: object) -> Entry:
    """A dataclass of which every field that is not as it should be is empty."""
    types = field_types(cast("Callable[..., object]", kind))
    found = {name: _or_empty(stored.get(name), type_, name) for name, type_ in types.items()}
    return kind(**{**found, **known})


def _or_empty(value: object, type_: object, name: str) -> object:
    try:
        return read_typed(value, type_, name)
    except ShapeError:
        origin = get_origin(type_)
        return None if origin is UnionType else (origin or cast("type[object]", type_))()
