"""Whether prompts may go to a server, and the key it is asked with.

The key comes from the environment and goes nowhere but into the request's header.
"""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.core.errors import UserError
from ftcompare.engine.server_address import KEY_VARIABLE, Address


def require_consent(address: Address, *, allow_network: bool) -> None:
    """Refuses another machine unless the owner agreed that prompts go there.

    Raises:
        UserError: ``server-not-local``.
    """
    if not address.local and not allow_network:
        raise UserError(
            "The server is another machine, and the study's prompts would go there.",
            where=address.host,
            how="If that is meant, agree to it: ftcompare generate STUDY --agree ADDRESS; or add the served "
            "model in Setup yourself. Else use a server on this machine.",
            code="server-not-local",
        )


def read_key(environment: Mapping[str, str]) -> str:
    """The key; "" where none is set.

    Raises:
        UserError: ``bad-key``, if a request's header cannot hold it. It is not quoted.
    """
    key = environment.get(KEY_VARIABLE, "").strip()
    if not all("!" <= character <= "~" for character in key):
        raise UserError(
            f"The key in {KEY_VARIABLE} holds blanks or characters that no key has.",
            how="Copy it anew.",
            code="bad-key",
        )
    return key
