"""A served model as an owner chooses it in fields: where the server is, and what it is called there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ftcompare.app.system_specs import SCHEMES
from ftcompare.core.errors import UserError
from ftcompare.core.study import SystemKind, SystemSpec

EXAMPLE = "http://localhost:8000/v1"


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """Where a server is.

    Args:
        url: as it is kept in the study.
        host: name and port.
        local: whether it is this machine.
        secure: whether what is sent is encrypted.
    """

    url: str
    host: str
    local: bool
    secure: bool


@dataclass(frozen=True, slots=True)
class ServedChoice:
    """A served model, field by field.

    Args:
        name: in the study.
        url: of the server.
        model: its name there.
        adapter: name there of the fine-tune of ``model``; empty for the model itself.
    """

    name: str
    url: str
    model: str
    adapter: str = ""


def server_place(url: str) -> ServerPlace:
    """Read an address; ``/v1`` is added where no path is given. A fragment is left aside.

    Raises:
        UserError: ``server-address``, if it is no address of a web server, or holds what a study must
            not keep.
    """
    parts = _split(url)
    if parts is None:
        raise _bad_address("This is not the address of a server.")
    if parts.username is not None or parts.password is not None:
        raise _bad_address("The address holds a name or password, which a study must not keep.")
    if parts.query:
        raise _bad_address("The address has a query.")
    path = parts.path.rstrip("/") or "/v1"
    local = _is_local(parts.hostname or "")
    return ServerPlace(f"{parts.scheme}://{parts.netloc}{path}", parts.netloc, local, parts.scheme == "https")


def served_spec(choice: ServedChoice) -> SystemSpec:
    """The system that was chosen.

    Raises:
        UserError: ``server-address``; ``server-name`` where the model's name there is missing.
    """
    place = server_place(choice.url)
    if not choice.model:
        raise UserError(
            "The model's name on the server is missing.",
            how="Give the name under which the server has it.",
            code="server-name",
        )
    return SystemSpec(
        choice.name, SystemKind.SERVED, model=choice.model, adapter=choice.adapter, url=place.url
    )


def one_line_address(url: str, model: str) -> str:
    """Address and name as one line, as `ftcompare.app.system_specs.served_system` reads it."""
    return f"{url}#{model}"


def names_model(address: str) -> bool:
    """Whether an address says, after a ``#``, what the model is called there."""
    return bool(address.partition("#")[2])


def _split(url: str) -> SplitResult | None:
    """The parts; None where it is no web address. ``port`` raises only when it is asked for."""
    if any(character <= " " for character in url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _bad_address(what: str) -> UserError:
    return UserError(
        what,
        how=f"Give one such as {EXAMPLE}; a key goes into the environment variable FTCOMPARE_API_KEY.",
        code="server-address",
    )


def _is_local(hostname: str) -> bool:
    """Whether a name is this machine; servers print 0.0.0.0 as their own address."""
    if hostname == "localhost":
        return True
    try:
        address = ipaddress.ip_address(hostname)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
