"""A served model as an owner chooses it in fields: where the server is, and what it is called there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urldefrag

from ftcompare.core.errors import UserError
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.engine.server_address import EXAMPLE as EXAMPLE
from ftcompare.engine.server_address import read_address


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
        UserError: ``bad-url``, if it is no address of a web server, or holds what a study must not keep.
    """
    address = read_address(urldefrag(url).url)
    return ServerPlace(address.api, address.host, address.local, address.secure)


def served_spec(choice: ServedChoice) -> SystemSpec:
    """The system that was chosen.

    Raises:
        UserError: ``bad-url``; ``server-name`` where the model's name there is missing.
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
    """Address and name as one line, as `ftcompare.app.setup.system_specs.served_system` reads it."""
    return f"{url}#{model}"


def names_model(address: str) -> bool:
    """Whether an address says, after a ``#``, what the model is called there."""
    return bool(address.partition("#")[2])
