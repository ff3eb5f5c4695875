"""Server addresses that the owner typed, whether prompts may be sent there, and the API key."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ftcompare.core.errors import UserError

KEY_VARIABLE = "FTCOMPARE_API_KEY"
EXAMPLE = "http://localhost:8000/v1"
SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Address:
    """Address of an OpenAI-compatible server."""

    api: str  # base address of ``/models`` and ``/completions``, without a trailing slash
    root: str  # base address of ``/tokenize``: ``api`` without its ``/v1``
    host: str  # name and port, for messages
    local: bool  # whether it is this machine
    secure: bool  # whether the connection is encrypted


def read_address(url: str) -> Address:
    """Read the owner's input; ``/v1`` is added where no path is given.

    Raises `UserError` ``bad-url`` if it is no web address, or contains a password or a query. The message
    does not quote the input, which may contain a key.
    """
    parts = _split(url)
    if parts is None:
        raise _bad("This is not the address of a server.")
    if parts.username is not None or parts.password is not None:
        raise _bad("The address contains a name or password, which a study must not store.")
    if parts.query or parts.fragment:
        raise _bad("The address has a query or a fragment.")
    path = parts.path.rstrip("/") or "/v1"
    origin = f"{parts.scheme}://{parts.netloc}"
    root = f"{origin}{path.removesuffix('/v1')}"
    local = is_this_machine(parts.hostname or "")
    return Address(origin + path, root, parts.netloc, local, parts.scheme == "https")


def _split(url: str) -> SplitResult | None:
    """Return the parts, or None for no web address. `port` raises only when it is read."""
    if any(character <= " " for character in url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _bad(what: str) -> UserError:
    how = f"Enter one such as {EXAMPLE}. Set a key in the environment variable {KEY_VARIABLE}."
    return UserError(what, how=how, code="bad-url")


def is_this_machine(hostname: str) -> bool:
    """Return whether a host name is this machine; servers print 0.0.0.0 as their own address."""
    if hostname == "localhost":
        return True
    try:
        address = ipaddress.ip_address(hostname)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def require_consent(address: Address, *, allow_network: bool) -> None:
    """Raise `UserError` ``server-not-local`` for another machine without the owner's consent."""
    if not address.local and not allow_network:
        raise UserError(
            "The server is another machine, and the study's prompts would be sent there.",
            where=address.host,
            how="To allow this, add --agree ADDRESS on the command line, or add the served model in "
            "Setup yourself. Otherwise, use a server on this machine.",
            code="server-not-local",
        )


def read_key(environment: Mapping[str, str]) -> str:
    """Return the API key. Raises `UserError` ``bad-key`` without quoting it."""
    key = environment.get(KEY_VARIABLE, "").strip()
    if not all("!" <= character <= "~" for character in key):
        what = f"The key in {KEY_VARIABLE} contains blanks or invalid characters."
        raise UserError(what, how="Copy it again.", code="bad-key")
    return key
