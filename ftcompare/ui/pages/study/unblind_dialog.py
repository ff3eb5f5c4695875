"""Asks before unblinding: describes its effect and what is still to be judged, and asks for a reason."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ftcompare.app.study.unblinding import BeforeUnblinding, PackState
from ftcompare.core.language import counted, tr, trn
from ftcompare.ui.dialogs.frames import ReasonDialog
from ftcompare.ui.widgets.controls import Muted, StatusPill, label

WIDTH = 560
PACKS_NAMED = 6  # more are counted
NAME_SHOWN = 8  # number of characters shown of a pack's random name, enough to distinguish packs


class UnblindDialog(ReasonDialog):
    def __init__(self, parent: QWidget | None, before: BeforeUnblinding) -> None:
        told: list[QWidget] = [label(text, wrap=True) for text in _told(before)]
        if before.open_pairs:
            still_open = trn("{number} (pair is|pairs are) still open", before.open_pairs)
            missing = trn(
                "After unblinding, {number} missing (judgment|judgments) can no longer be given.",
                before.missing,
            )
            told += [StatusPill("caution", still_open), Muted(missing)]
        if before.packs:
            out = trn("{number} rater (pack is|packs are) out and not completely merged", len(before.packs))
            told += [StatusPill("caution", out), Muted(_named(before.packs))]
        heading, asked = tr("Show which system is which?"), tr("Reason (recorded permanently with the time)")
        example = tr("for example: all judgments are in")
        super().__init__(parent, "unblind", tr("Unblind"), heading, told, prompt=asked, example=example)
        self.reason_field.setAccessibleName(tr("Reason for unblinding"))
        self.setWindowTitle(tr("Unblind the study"))
        self.setMinimumWidth(WIDTH)


def ask(parent: QWidget | None, before: BeforeUnblinding) -> str | None:
    dialog, reasons = UnblindDialog(parent, before), list[str]()
    dialog.decided.connect(reasons.append)
    dialog.exec()  # closing deletes the dialog
    return reasons[0] if reasons else None


def _told(before: BeforeUnblinding) -> tuple[str, str, str]:
    shown = tr(
        "System X and System Y then appear under their own names in results, terms, and exports. You cannot "
        "undo this. The study records it with your reason and the time."
    )
    over = tr(
        "Judging ends permanently. Nobody can rate in this study anymore, and rater packs can no longer be "
        "merged."
    )
    return shown, over, _made(before.judgments, before.checks)


def _made(judgments: int, checks: int) -> str:
    if judgments == 0:
        return tr("Nothing has been judged yet.")
    if not checks:
        return trn("(One judgment was|{number} judgments were) made blind.", judgments)
    return tr(
        "{judgments} were made blind: {counting} that count, plus {checks} hidden repeats and checks.",
        counted(judgments, "judgment"),
        judgments - checks,
        checks,
    )


def _named(packs: tuple[PackState, ...]) -> str:
    lines = [
        tr(
            "{rater}: {pack.judged} of {pack.items} pairs merged (pack {name})",
            pack.rater.name,
            pack,
            pack.name[:NAME_SHOWN],
        )
        for pack in packs[:PACKS_NAMED]
    ]
    if len(packs) > PACKS_NAMED:
        lines.append(tr("and {count} more", len(packs) - PACKS_NAMED))
    return "\n".join(lines)
