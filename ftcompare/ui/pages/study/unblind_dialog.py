"""Asks before unblinding: describes its effect and what is still to be judged, and asks for a reason."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ftcompare.app.study.unblinding import BeforeUnblinding, PackState
from ftcompare.core.plurals import counted
from ftcompare.ui.dialogs.frames import ReasonDialog
from ftcompare.ui.widgets.controls import Muted, StatusPill, label

WIDTH = 560
PACKS_NAMED = 6  # more are counted
NAME_SHOWN = 8  # number of characters shown of a pack's random name, enough to distinguish packs


class UnblindDialog(ReasonDialog):
    def __init__(self, parent: QWidget | None, before: BeforeUnblinding) -> None:
        told: list[QWidget] = [label(text, wrap=True) for text in _told(before)]
        if before.open_pairs:
            told += [
                StatusPill("caution", f"{_are(before.open_pairs, 'pair')} still open"),
                Muted(f"{_are(before.missing, 'judgment')} still missing and can no longer be given."),
            ]
        if before.packs:
            told += [
                StatusPill(
                    "caution", f"{_are(len(before.packs), 'rater pack')} out and not completely merged"
                ),
                Muted(_named(before.packs)),
            ]
        heading, asked = "Show which system is which?", "Reason (recorded permanently with the time)"
        example = "for example: all judgments are in"
        super().__init__(parent, "unblind", "Unblind", heading, told, prompt=asked, example=example)
        self.reason_field.setAccessibleName("Reason for unblinding")
        self.setWindowTitle("Unblind the study")
        self.setMinimumWidth(WIDTH)


def ask(parent: QWidget | None, before: BeforeUnblinding) -> str | None:
    dialog, reasons = UnblindDialog(parent, before), list[str]()
    dialog.decided.connect(reasons.append)
    dialog.exec()  # closing deletes the dialog
    return reasons[0] if reasons else None


def _told(before: BeforeUnblinding) -> tuple[str, str, str]:
    shown = (
        "System X and System Y then appear under their own names in results, terms, and exports. You cannot "
        "undo this. The study records it with your reason and the time."
    )
    over = (
        "Judging ends permanently. Nobody can rate in this study anymore, and rater packs can no longer be "
        "merged."
    )
    return shown, over, _made(before.judgments, before.checks)


def _made(judgments: int, checks: int) -> str:
    if judgments == 0:
        return "Nothing has been judged yet."
    if judgments == 1 and not checks:
        return "One judgment was made blind."
    if not checks:
        return f"{judgments:,} judgments were made blind."
    counts = f"{judgments - checks:,} that count, plus {checks:,} hidden repeats and checks"
    return f"{counted(judgments, 'judgment')} were made blind: {counts}."


def _are(number: int, what: str) -> str:
    return f"{counted(number, what)} {'is' if number == 1 else 'are'}"


def _named(packs: tuple[PackState, ...]) -> str:
    lines = [
        f"{p.rater.name}: {p.judged:,} of {p.items:,} pairs merged (pack {p.name[:NAME_SHOWN]})"
        for p in packs[:PACKS_NAMED]
    ]
    if len(packs) > PACKS_NAMED:
        lines.append(f"and {len(packs) - PACKS_NAMED} more")
    return "\n".join(lines)
