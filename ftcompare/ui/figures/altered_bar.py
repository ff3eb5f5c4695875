"""The bar above figures and rows of a study that was altered outside the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame

from ftcompare.ui.safe_text import visible
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.theme.theme import IconLabel, L, M
from ftcompare.ui.widgets.controls import PlainButton, label
from ftcompare.ui.widgets.layouts import in_column, in_row

if TYPE_CHECKING:
    from ftcompare.ui.page_context import PageContext


class AlteredBar(QFrame):
    """A warning that is shown as long as it applies, with possible actions; hidden without a warning."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._tasks = OwnedTasks(self, context.tasks)
        self.setObjectName("altered_bar")
        self.setProperty("role", "raised")
        self.text = label("", wrap=True)
        self.check = PlainButton(
            "Check the study", name="altered_check", act=lambda: context.trigger("study.check")
        )
        self.backup = PlainButton("Open the newest unaltered backup", name="altered_backup")
        self.backup.clicked.connect(lambda: context.trigger("study.open_unaltered_backup"))
        buttons = in_row(self.check, self.backup, None, gap=M)
        words = in_column(self.text, buttons, gap=M)
        icon = IconLabel("circle-x", "bad")
        in_row(icon, (words, 1), gap=M, margins=(L, M, M, M), of=self)
        self.hide()

    def set(self, caution: str) -> None:
        from ftcompare.app.study.backup_restore import has_backup

        if visible(caution) == self.text.text():
            return
        self.text.setText(visible(caution))
        self.setAccessibleName(visible(caution))
        self.setVisible(bool(caution))
        if caution:
            self.backup.hide()
            self._tasks.run(lambda study: has_backup(study.path), self.backup.setVisible)
