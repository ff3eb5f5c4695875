"""The audit log: operations on the study as a whole, and whether the file is verified."""

from __future__ import annotations

from ftcompare.app.study.audit_log import AuditLine, AuditView, audit_view
from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import N_, sentences, tr
from ftcompare.core.study import IntegrityFinding
from ftcompare.ui.dialogs.frames import FindingsList, verdict
from ftcompare.ui.page_context import Page, PageContext
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.controls import ScrollPanel
from ftcompare.ui.widgets.layouts import in_row, put
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row, copy_button

LONGEST_TIP = 400


class AuditPage(Page):
    """The log at the left, newest first; the findings of a check beside it."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        body, right = controls.page_layout(self, tr("Audit log"))
        self.check_button = controls.named(
            controls.PlainButton(tr("Check integrity"), "circle-check"), "audit_check"
        )
        right.addWidget(self.check_button)
        self._note = controls.Muted()
        first = DataColumn(tr("No."), numeric=True), DataColumn(tr("Time (UTC)"))
        columns = *first, DataColumn(tr("What")), DataColumn(tr("Detail"), stretch=1)
        hint = N_("Text in an entry, or part of its seal")
        self.table = DataTable(context.theme, tr("Audit log"), columns, tr("Search"), hint)
        self.findings = FindingsPanel()
        copy = copy_button(self.table.copy, "audit_copy", self._context.bar.show_good)
        self.table.head.addWidget(copy)
        body.setSpacing(M)
        put(body, self._note, (in_row((self.table, 3), (self.findings, 2), gap=L), 1))
        controls.set_tab_order(self.check_button, self.table.field, copy, self.table.view)
        self.check_button.clicked.connect(self._check)

    def enter(self) -> None:
        self.findings.hide()
        self._tasks.run(audit_view, self._show)

    def _show(self, view: AuditView) -> None:
        chained = tr(
            "Each entry is sealed with the one before it. Nobody can change, remove, or add one unnoticed."
        )
        self._note.setText(sentences(chained, tr(view.withheld.text) if view.withheld else ""))
        self.table.set_rows([_row(line) for line in view.lines])

    def _check(self) -> None:
        self.check_button.setEnabled(False)
        self.check_button.set_text(tr("Checking…"))
        self._tasks.run(lambda study: study.check(), self._show_findings, self._show_failure)

    def _show_findings(self, findings: tuple[IntegrityFinding, ...]) -> None:
        self._checked()
        self.findings.show_findings(findings)

    def _show_failure(self, error: FTCompareError) -> None:
        self._checked()
        self._context.bar.show_error(error)

    def _checked(self) -> None:
        self.check_button.setEnabled(True)
        self.check_button.set_text(tr("Check integrity"))


class FindingsPanel(controls.Card):
    """The findings of the last check; hidden before the first."""

    def __init__(self) -> None:
        super().__init__(tr("Integrity"))
        self.setObjectName("audit_findings")
        self.pill = controls.StatusPill("good", "")
        self.body.addWidget(self.pill)
        self._area = ScrollPanel(name=tr("What the check found"))
        self.body.addWidget(self._area, 1)
        self.hide()

    def show_findings(self, findings: tuple[IntegrityFinding, ...]) -> None:
        sound = all(found.ok for found in findings)
        self.pill.set("good" if sound else "bad", verdict(findings))
        self._area.setWidget(FindingsList(findings))
        self.show()


def _row(line: AuditLine) -> Row:
    digest = tr("Seal {seal}", line.digest)
    tip = one_line(f"{line.detail} · {digest}" if line.detail else digest, LONGEST_TIP)
    at = line.at.strftime("%Y-%m-%d %H:%M:%S")
    return Row(line.seq, (line.seq, at, line.what, line.detail), tip, line.digest)
