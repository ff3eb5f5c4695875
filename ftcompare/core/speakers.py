"""Display names for the roles of a conversation."""

from __future__ import annotations

SPEAKERS = {
    "system": "Instructions",
    "developer": "Instructions",
    "user": "User",
    "assistant": "Assistant",
    "thought": "Thought",
    "function_call": "Call of a function",
    "tool": "Tool",
    "function": "Function",
    "observation": "Observation",
}
"""Display name by the role of a message."""
