"""What the Checkpoints tab says of a gate. Pure functions."""

from __future__ import annotations

from ftcompare.app.release.gate import GateReport
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.ui.pages.results.words import Explanation, counted
from ftcompare.ui.text.short_names import short_name


def verdict(report: GateReport) -> str:
    """Whether the model can be let out, in one line."""
    if report.holds:
        asked = counted(len(report.conditions), "condition holds", "conditions hold")
        return "Ready to release: {}.".format(asked if len(report.conditions) == 1 else f"all {asked}")
    failed, asked_for = len(report.failed), len(report.conditions)
    if asked_for == 1:
        return "Not ready: the condition does not hold."
    told = "Not ready: 1 of {asked} conditions does not hold."
    many = "Not ready: {failed} of {asked} conditions do not hold."
    return (told if failed == 1 else many).format(failed=failed, asked=asked_for)


def subject(report: GateReport, file: str) -> str:
    """What was held to which file."""
    if not report.system:
        of_study = "By {}: conditions on the study as a whole."
        not_named = "By {}; systems are named after unblinding."
        return (not_named if report.withheld else of_study).format(short_name(file, 40))
    return f"{short_name(report.system)} against {short_name(report.against)}, by {short_name(file, 40)}"


def in_window(error: FTCompareError) -> FTCompareError:
    """The same error with what to do about it here, where there is no command line."""
    how = {
        "gate-system": "Choose the systems beside the file's name, or write system = “…” and against = "
        "“…” in the file.",
        "gate-empty": "Write at least one into the file, such as min_win_rate = 0.5.",
    }.get(error.code)
    return error if how is None else UserError(error.what, where=error.where, how=how, code=error.code)


def explanation() -> Explanation:
    """How a gate is held against a study."""
    return Explanation(
        "Release gate",
        (
            (
                "A gate file lists conditions; each is held against the figures of this study, as “ftcompare "
                "gate” does in a script, so that a build stops where a release would not hold."
            ),
            (
                "The win rate is held by the lower end of its interval: over prompts and raters where there "
                "is one, else over prompts. The lowest category, split and tag are held by their win rates; "
                "those with fewer prompts than the gate asks for are passed over."
            ),
            (
                "A condition whose figure is not defined does not hold, and says why. While the study is "
                "blinded, so do all those that would tell which system is which."
            ),
        ),
    )
