"""Preview of a judge's run, and the agreements that it needs from the owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ftcompare.app.judges.judging_cost import JudgingCost, judging_costs
from ftcompare.app.judges.own_systems import systems_named_alike
from ftcompare.app.judges.questions import PairChoice
from ftcompare.app.setup.consent import agree_to_hosts, host_is_agreed, models_to_ask
from ftcompare.core.judge import JudgeKind, JudgeSpec
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.engine.server_address import Address, read_address
from ftcompare.store.study.study_file import StudyFile

SERVER_AGREED = "judge-server-agreed"
"""Kind of the audit-log entry."""


@dataclass(frozen=True, slots=True)
class JudgingAnswer:
    """The owner's decisions before a run."""

    specs: tuple[JudgeSpec, ...]  # the judges as `read_judge_file` returns them
    pairs: PairChoice  # the pairs to judge
    own_system: bool = False  # whether a judge that is one of the systems may judge
    agreed: tuple[str, ...] = ()  # addresses of servers to which texts may be sent
    downloaded: tuple[str, ...] = ()  # hub ids of models that may be downloaded


@dataclass(frozen=True, slots=True)
class JudgingPlan:
    """The preview of a run."""

    costs: tuple[JudgingCost, ...]  # cost of the judge, or of each member of a jury
    own: tuple[str, ...]  # names of the judges that name the model of a system of the study
    # whether a judge is loaded on this machine; whether its files are those of a system is known only after
    # loading
    on_this_machine: bool
    # servers on other machines without agreement, each with its address as in the judge's file
    far: tuple[tuple[str, Address], ...]
    # hub ids of models without agreement to download; they may already be on this machine
    hub: tuple[str, ...] = ()


def judging_plan(study: StudyFile, specs: Sequence[JudgeSpec], choice: PairChoice) -> JudgingPlan:
    """Preview a run of these judges on these pairs.

    Raises:
        UserError: as `judging_costs`.
    """
    return JudgingPlan(
        judging_costs(study, specs, choice),
        tuple(spec.name for spec in specs if systems_named_alike(study, spec)),
        any(spec.kind is JudgeKind.MODEL for spec in specs),
        tuple((url, place) for url, place in _far(specs) if not host_is_agreed(url)),
        tuple(models_to_ask(map(_as_named, specs))),
    )


def _as_named(spec: JudgeSpec) -> SystemSpec:
    """The parts of a judge that may name a model of the hub."""
    return SystemSpec(spec.name, SystemKind.MODEL, spec.model, spec.adapter, spec.url)


def _far(specs: Iterable[JudgeSpec]) -> Iterator[tuple[str, Address]]:
    for url in dict.fromkeys(spec.url for spec in specs if spec.url):
        place = read_address(url)
        if not place.local:
            yield url, place


def agree_to_servers(
    study: StudyFile, specs: Iterable[JudgeSpec], agreed: Iterable[str], *, now: datetime
) -> None:
    """Store the agreement to send texts to these judges' servers, on this machine and in the audit log.

    Servers of other judges and servers on this machine are ignored.

    Raises:
        UserError: ``bad-url``; as `Agreements.add`.
    """
    wanted = {read_address(url).host for url in agreed}
    far = [(url, place.host) for url, place in _far(specs) if place.host in wanted]
    agree_to_hosts(*(url for url, _ in far))
    kept = {entry.detail.get("host") for entry in study.audit.entries(SERVER_AGREED)}
    for host in dict.fromkeys(host for _, host in far):
        if host not in kept:
            study.audit.append(SERVER_AGREED, {"host": host}, now=now)
