"""Which prompts can be answered, and the prompt of a model without a chat template."""

from __future__ import annotations

from ftcompare.core.study import Message

ROLES = ("system", "user", "assistant")


def unfit(messages: tuple[Message, ...]) -> str:
    """Why a prompt cannot be answered by any model, in one sentence; "" if it can."""
    roles = [message.role for message in messages]
    unknown = next((role for role in roles if role not in ROLES), None)
    if unknown is not None:
        return f"The role {unknown!r} is not known."
    if "user" not in roles:
        return "The prompt has no user turn."
    if roles[-1] != "user":
        return "The prompt's last turn is not the user's."
    return ""


def plain_prompt(messages: tuple[Message, ...]) -> str:
    """The system turn if there is one, an empty line, the user turn, an end of line.

    Raises:
        ValueError: there is more than a system turn and a user turn.
    """
    if [message.role for message in messages] not in (["user"], ["system", "user"]):
        raise ValueError("it has none, and the prompt has several turns")
    return "\n\n".join(message.content for message in messages) + "\n"
