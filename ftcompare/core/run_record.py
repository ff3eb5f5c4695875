"""The record of a generation run: settings, device, systems loaded, and their verification.

Every stored record can be read: a field that an older version did not write, or that is invalid, is read as
empty. The names of the JSON's fields ("proof", "engine") are those of the first version, so that older
studies and their digests stay valid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Self, TypeVar

from ftcompare.core.generation_settings import GenerationSettings, TaskSettings, read_by_task, read_settings
from ftcompare.core.hashing import Json
from ftcompare.core.typed_json import read_lenient

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class SystemReport:
    key: str  # the system's number in the study, as text
    architecture: str
    parameters: int  # number of parameters of the base; for an adapter, of those it adds
    rank: int | None  # the adapter's rank; None for the base
    targets: tuple[str, ...]  # names of the layers that the adapter modifies
    digest: str  # digest of the configuration and weight files on disk; "" for a served system
    tokenizer_digest: str
    template_digest: str
    notes: tuple[str, ...]  # sentences for the owner
    end_tokens_digest: str = ""  # digest of the token ids that end a response; "" where they are not known
    recipe_digest: str = ""  # digest of the recipe; "" for the empty recipe


@dataclass(frozen=True, slots=True)
class EngineReport:
    """The device and arithmetic of a run, and the systems that were loaded."""

    device: str
    device_name: str
    dtype: str  # "unknown" for a server
    dtype_reason: str  # a sentence saying why this data type was chosen
    systems: tuple[SystemReport, ...]
    versions: dict[str, str]  # library versions, by name of the library


@dataclass(frozen=True, slots=True)
class Position:
    """One generated token, with natural log-probabilities of it and of the most likely tokens."""

    chosen: str
    logprobs: dict[str, float]


@dataclass(frozen=True, slots=True)
class FixedAnswer:
    """A served system's answer, at temperature 0, to a prompt that is the same in every study."""

    prompt: str  # one user turn
    text: str  # the answer, up to the length limit of the request
    positions: tuple[Position, ...]  # tokens of the answer; empty if the server gives no log-probabilities
    noise: float  # how far the log-probabilities of two identical requests differed, in nats


@dataclass(frozen=True, slots=True)
class SystemVerification:
    """The check of a loaded system: a base must equal a fresh copy of it, an adapter must differ from it."""

    key: str
    ok: bool
    largest_difference: float  # largest absolute difference of any compared logit; 0 for a bit-equal base
    statement: str  # one sentence on what was compared, the result, and the bound
    answers: tuple[FixedAnswer, ...] = ()  # by which a served system is recognized in later runs


@dataclass(frozen=True, slots=True)
class RunRecord:
    """How the responses of one run were generated, or how systems were loaded for measuring or scoring."""

    settings: GenerationSettings | None = None  # None where nothing was generated
    verifications: tuple[SystemVerification, ...] = ()  # one for each loaded system
    engine: EngineReport | None = None  # None where it is not known
    live: bool = False  # whether the run answered a prompt that somebody typed on the live page
    number: int = 0  # the run's number in the study; 0 before it is stored
    at: str = ""  # start of the run, ISO 8601 UTC; "" before it is stored
    task: str = ""  # the task of the prompts, where their settings are those of a task; else ""
    by_task: TaskSettings = field(default_factory=dict)  # what differs from the general settings
    general: GenerationSettings | None = None  # of tasks without their own; None: ``settings``

    @classmethod
    def from_json(cls, stored: Mapping[str, Json]) -> Self:
        """Read stored JSON; never raises. ``run`` and ``at`` are the number and the time."""
        number, engine = stored.get("run"), stored.get("engine")
        return read_lenient(
            cls,
            stored,
            settings=_settings(stored.get("settings")),
            verifications=_entries(stored.get("proof"), SystemVerification),
            engine=read_lenient(EngineReport, engine, systems=_entries(engine.get("systems"), SystemReport))
            if isinstance(engine, dict)
            else None,
            number=number if isinstance(number, int) else 0,
            by_task=read_by_task(stored.get("by_task")),
            general=_settings(stored.get("general")),
        )

    def to_json(self) -> dict[str, Json]:
        """Return the record as stored: without number and time, which the study adds."""
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
        return self.engine.systems if self.engine else ()


def read_runs(stored: Iterable[Mapping[str, Json]]) -> tuple[RunRecord, ...]:
    return tuple(map(RunRecord.from_json, stored))


def newest_reports(runs: Iterable[RunRecord]) -> dict[str, SystemReport]:
    """Return each system's report from the last run that loaded it, by key."""
    return {report.key: report for run in runs for report in run.systems}


def _settings(stored: object) -> GenerationSettings | None:
    return read_settings(stored) if isinstance(stored, dict) else None


def _entries(stored: object, kind: type[Entry]) -> tuple[Entry, ...]:
    """Return the entries of a list that name a system of the study."""
    entries = [one for one in stored if isinstance(one, dict)] if isinstance(stored, list) else []
    return tuple(read_lenient(kind, one) for one in entries if str(one.get("key")).isdecimal())
