"""What Generate says of time and of faults: pure functions from findings to sentences."""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.app.generate.engine_run import Fault

MINUTE, HOUR = 60, 3600
IN_HOURS_FROM = 90 * MINUTE

ADVICE = {
    "out-of-memory": "8 or 4 bits are chosen in Setup; a smaller batch under More settings.",
    "server-not-local": "Beside the system, Setup has the button that allows it.",
    "hub-off": "Beside the system, Setup has the button that allows it.",
    "system-changed": "Setup shows where each system is.",
    "setting-ignored": "Change it under Settings.",
    "setting-refused": "Change it under Settings.",
}
"""By the code of a fault, where on the pages the remedy is for a system of the study."""


def left_words(seconds: float) -> str:
    """How long it still takes, roughly."""
    if seconds < MINUTE:
        return "less than a minute left"
    if seconds < IN_HOURS_FROM:
        return f"about {seconds / MINUTE:.0f} min left"
    return f"about {seconds / HOUR:.1f} h left"


def fault_words(fault: Fault, *, written: bool = True, advice: Mapping[str, str] = ADVICE) -> str:
    """A fault in words: what, where, what to do; and that the rest can be written later.

    The fault of a failed proof names systems: their statements stand with the systems, without names.

    Args:
        fault: of the engine or the study.
        written: whether it ended the writing of pairs, which can be continued.
        advice: by the code of a fault, where the remedy is.
    """
    what = fault.what
    if fault.code == "proof-failed":
        what = "The proof failed, so nothing was written. What was found stands with the systems."
    how = " ".join(part for part in (fault.how, advice.get(fault.code)) if part)
    going_on = "What is written is kept; the rest can be written when that is mended."
    told = "is kept" in fault.how
    if not written or told or fault.code == "proof-failed":
        going_on = ""
    return "\n".join(part for part in (what, fault.where, how, going_on) if part)
