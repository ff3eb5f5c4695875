"""Which models of the Hugging Face hub this user agreed to download.

A study names its models, and studies are passed around: opening one that a stranger made must not fetch what
the stranger chose. Naming a hub id on this machine is agreeing; the agreement stays on this machine and not
in the study. Models that are on this machine, in a folder or in the hub's cache, need none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftcompare.app.setup.consent import Agreements
from ftcompare.core.study import SystemSpec
from ftcompare.engine.models.model_folder import looks_like_hub_id as looks_like_hub_id

FILE = "agreed-models.json"

_agreed = Agreements(FILE)


def hub_ids(spec: SystemSpec) -> tuple[str, ...]:
    """The hub ids that a system names; none for a served one."""
    return () if spec.url else tuple(part for part in (spec.model, spec.adapter) if looks_like_hub_id(part))


def is_agreed(hub_id: str) -> bool:
    """Whether this user agreed to download a model."""
    return hub_id in _agreed.read()


def agree(*ids: str) -> None:
    """Keep that these may be downloaded.

    Raises:
        UserError, EnvironmentFault: where the folder of the settings cannot be written.
    """
    _agreed.add(ids)


def agree_to(specs: Iterable[SystemSpec]) -> None:
    """Keep that the hub's models of these systems, which the user named, may be downloaded."""
    agree(*(hub_id for spec in specs for hub_id in hub_ids(spec)))


def open_questions(specs: Iterable[SystemSpec]) -> Iterator[str]:
    """The hub ids that these systems name and this user has not agreed to."""
    known = _agreed.read()
    yield from dict.fromkeys(hub_id for spec in specs for hub_id in hub_ids(spec) if hub_id not in known)
