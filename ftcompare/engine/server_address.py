"""Where a server is, and whether that is this machine, as the owner typed it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ftcompare.core.errors import UserError

KEY_VARIABLE = "FTCOMPARE_API_KEY"
EXAMPLE = "http://localhost:8000/v1"
SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Address:
    """An OpenAI-compatible server.

    Args:
        api: what ``/models`` and ``/completions`` are appended to; without a slash at its end.
        root: what ``/tokenize`` is appended to: ``api`` without its ``/v1``.
        host: name and port, for messages.
        local: whether it is this machine.
        secure: whether what is sent is encrypted.
    """

    api: str
    root: str
    host: str
    local: bool
    secure: bool


def read_address(url: str) -> Address:
    """The address in what the owner typed; ``/v1`` is added where no path is given.

    Raises:
        UserError: ``bad-url``, if it is no address of a web server, or holds a password or a query. What
            was typed is not quoted: it may hold a key.
    """
    parts = _split(url)
    if parts is None:
        raise _bad("This is not the address of a server.")
    if parts.username is not None or parts.password is not None:
        raise _bad("The address holds a name or password, which a study must not keep.")
    if parts.query or parts.fragment:
        raise _bad("The address has a query or a fragment.")
    path = parts.path.rstrip("/") or "/v1"
    origin = f"{parts.scheme}://{parts.netloc}"
    root = f"{origin}{path.removesuffix('/v1')}"
    local = is_this_machine(parts.hostname or "")
    return Address(origin + path, root, parts.netloc, local, parts.scheme == "https")


def _split(url: str) -> SplitResult | None:
    """The parts; None where it is no web address. `port` raises only when it is asked for."""
    if any(character <= " " for character in url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _bad(what: str) -> UserError:
    how = f"Give one such as {EXAMPLE}; a key goes into the environment variable {KEY_VARIABLE}."
    return UserError(what, how=how, code="bad-url")


def is_this_machine(hostname: str) -> bool:
    """Whether a name is this machine; servers print 0.0.0.0 as their own address."""
    if hostname == "localhost":
        return True
    try:
        address = ipaddress.ip_address(hostname)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
