"""To which servers this user agreed that prompts may be sent.

A study names its servers, and studies are passed around: opening one that a stranger made must not send
prompts, or the key of this user's environment, to a machine of the stranger's choice. Naming a server
on this machine is agreeing; the agreement stays on this machine and not in the study.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from ftcompare.app.setup.consent import Agreements
from ftcompare.core.study import SystemSpec

FILE = "agreed-hosts.json"


def host(url: str) -> str:
    """Name and port of a server, as agreed to."""
    return urlsplit(url).netloc.lower()


_agreed = Agreements(FILE)


def is_agreed(url: str) -> bool:
    """Whether this user agreed to a server."""
    return host(url) in _agreed.read()


def agree(*urls: str) -> None:
    """Keep that prompts may be sent to these servers.

    Raises:
        UserError, EnvironmentFault: where the folder of the settings cannot be written.
    """
    _agreed.add(host(url) for url in urls)


def agree_to(specs: Iterable[SystemSpec]) -> None:
    """Keep that prompts may be sent to the servers of these systems, which the user named."""
    agree(*(spec.url for spec in specs))
