"""What a judge's run would do, and what the owner must agree to first."""

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
"""The kind of the audit log's entry."""


@dataclass(frozen=True, slots=True)
class JudgingAnswer:
    """What was decided before a run.

    Args:
        specs: as `read_judge_file` gives them.
        pairs: which are judged.
        own_system: whether a judge that is one of the systems may judge.
        agreed: addresses of servers that texts may be sent to.
        downloaded: models of the hub that may be downloaded.
    """

    specs: tuple[JudgeSpec, ...]
    pairs: PairChoice
    own_system: bool = False
    agreed: tuple[str, ...] = ()
    downloaded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgingPlan:
    """What a run would do.

    Args:
        costs: of the judge, or of each member of a jury.
        own: names of those that name the model of a system of the study.
        on_this_machine: whether one is a model that is loaded here: whether its files are those of a system
            is known only then.
        far: servers on other machines that nobody agreed to yet, by the address as the file names it.
        hub: models of the hub whose download nobody agreed to yet; they may be on this machine already.
    """

    costs: tuple[JudgingCost, ...]
    own: tuple[str, ...]
    on_this_machine: bool
    far: tuple[tuple[str, Address], ...]
    hub: tuple[str, ...] = ()


def judging_plan(study: StudyFile, specs: Sequence[JudgeSpec], choice: PairChoice) -> JudgingPlan:
    """What a run of these judges on these pairs would do.

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
    """What of a judge may be a model of the hub."""
    return SystemSpec(spec.name, SystemKind.MODEL, spec.model, spec.adapter, spec.url)


def _far(specs: Iterable[JudgeSpec]) -> Iterator[tuple[str, Address]]:
    for url in dict.fromkeys(spec.url for spec in specs if spec.url):
        place = read_address(url)
        if not place.local:
            yield url, place


def agree_to_servers(
    study: StudyFile, specs: Iterable[JudgeSpec], agreed: Iterable[str], *, now: datetime
) -> None:
    """Keep that texts of the study may go to these judges' servers, on this machine and in the audit log.

    Servers of none of the judges, and those on this machine, are left out.

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
