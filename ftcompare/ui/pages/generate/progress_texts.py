"""Texts on remaining time and errors for Generate: pure functions."""

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
"""What to do about a fault of a system of the study, by the fault's code."""


def left_words(seconds: float) -> str:
    if seconds < MINUTE:
        return "less than a minute left"
    if seconds < IN_HOURS_FROM:
        return f"about {seconds / MINUTE:.0f} min left"
    return f"about {seconds / HOUR:.1f} h left"


def fault_words(fault: Fault, *, written: bool = True, advice: Mapping[str, str] = ADVICE) -> str:
    """Describe an error: what, where, what to do; and, if ``written``, that writing can be continued.

    The error of a failed proof names systems; its statements are shown with the systems, without names.
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
