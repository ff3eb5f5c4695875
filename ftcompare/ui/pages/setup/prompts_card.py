"""Setup's card for prompts: from a file, whose columns can be chosen, or written and edited in a table."""

from __future__ import annotations

from pathlib import Path

from ftcompare.app.setup.prompt_draft import PromptDraft, columns_of, save_prompts
from ftcompare.app.setup.safety_probes import own_probes
from ftcompare.app.setup.study_content import PromptsOverview, prompts_in, prompts_overview
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptSpec
from ftcompare.formats.prompts import SUFFIXES, has_columns
from ftcompare.ui.pages.setup.columns_link import ColumnsLink, PromptColumnChoice
from ftcompare.ui.pages.setup.folder_texts import prompt_lines
from ftcompare.ui.pages.setup.prompt_and_glossary_cards import MaterialPart
from ftcompare.ui.pages.setup.prompts_dialog import PromptsDialog
from ftcompare.ui.pages.setup.safety_probes_dialog import SafetyProbesDialog
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import L, Theme
from ftcompare.ui.widgets.controls import LinkButton, named
from ftcompare.ui.widgets.file_field import Found
from ftcompare.ui.widgets.flow_layout import FlowLayout


class PromptsPart(MaterialPart[PromptsOverview]):
    """Prompts."""

    def __init__(self, tasks: StudyTasks, theme: Theme) -> None:
        super().__init__(
            "Prompts",
            "setup_prompts",
            tasks,
            look=self._look,
            describe=_describe,
            lines=prompt_lines,
            empty=lambda found: not found.count,
            hint="JSONL, JSON, CSV, TSV, Excel, Parquet or text",
            explanation=(
                "What the systems are asked. Columns for category and split let the results say "
                "where the fine-tune helps and what it costs."
            ),
            add_words=("Add prompts from a file…", "Add to study"),
            kinds=("Prompts", " ".join(f"*{suffix}" for suffix in SUFFIXES)),
        )
        self._theme = theme
        self._draft = PromptDraft()
        """What was edited last: its acts can be undone when the table is opened again."""
        self._tasks = tasks
        self._files = OwnedTasks(self, tasks)
        self._browse = named(LinkButton("Write prompts here…"), "setup_prompts_browse")
        self._add_probes = named(LinkButton("Add safety probes…"), "setup_probes_add")
        self._take_back = named(LinkButton(""), "setup_probes_back")
        self._probes: frozenset[str] = frozenset()
        """Ids of the probes that were added here."""
        self._columns: ColumnsLink[dict[str, str]] = ColumnsLink(
            "setup_prompts_columns",
            tasks,
            theme,
            look=columns_of,
            make=PromptColumnChoice,
            failed=self.check.fail,
        )
        self._browse.clicked.connect(self._open_table)
        self._columns.decided.connect(self.check.again)
        self._add_probes.clicked.connect(self._open_probes)
        self._take_back.clicked.connect(self._take_probes_back)
        links = FlowLayout(L)
        for link in (self._browse, self._columns, self._add_probes, self._take_back):
            links.addWidget(link)
        self.body.insertLayout(self.body.count() - 1, links)
        self.changed.connect(self._show_acts)
        self._show_acts()

    @property
    def rows(self) -> tuple[PromptSpec, ...]:
        """The prompts that were chosen or written, and are in no study yet."""
        return self.check.value.specs if self.check.value is not None else ()

    @property
    def made(self) -> frozenset[str]:
        """Their ids that nobody gave."""
        return self.check.value.made if self.check.value is not None else frozenset()

    @property
    def begun(self) -> bool:
        """Whether a file is named, even one that is still looked at, or prompts were written."""
        return bool(self.path or self.rows)

    def start_new(self) -> None:
        """A field for a new study."""
        super().start_new()
        self._show_acts()

    def show_study(self, stored: PromptsOverview) -> None:
        """What the open study holds."""
        super().show_study(stored)
        self._show_acts()

    def fold(self) -> None:
        """Put the field away, and what was written or added without a file."""
        super().fold()
        if self.check.value is not None:
            self.check.again()

    def _look(self, path: Path) -> PromptsOverview:
        return prompts_in(path, self._columns.chosen_for(path))

    def _show_acts(self) -> None:
        """What can be done with what is there."""
        if not hasattr(self, "_columns"):
            return
        there, stored = bool(self.rows), self._stored is not None
        words = "Look through and edit…" if there else "Look through…" if stored else "Write prompts here…"
        self._browse.set_text(words)
        self._browse.setVisible(there or not stored or bool(self._stored and self._stored.count))
        taken_in = sum(spec.key in self._probes for spec in self.rows)
        self._take_back.set_text(f"Take the {counted(taken_in, 'safety probe')} back")
        self._take_back.setVisible(bool(taken_in))
        path = self.path
        self._columns.show_for(path if path and has_columns(path) else None, self.check.state)

    # --- safety probes ---------------------------------------------------------------------------

    def _open_probes(self) -> None:
        """Have some of the set chosen; they stand with the prompts that are to be taken in."""
        self._files.call(own_probes, self._choose_probes, self.check.fail)

    def _choose_probes(self, probes: tuple[PromptSpec, ...]) -> None:
        there = (*self.rows, *(self._stored.specs if self._stored is not None else ()))
        dialog = SafetyProbesDialog(probes, {spec.key for spec in there}, self._theme, self.window())
        dialog.taken.connect(self._on_probes)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_probes(self, probes: tuple[PromptSpec, ...]) -> None:
        self._probes |= {spec.key for spec in probes}
        draft = self._draft_of(self.rows)
        draft.extend(probes)
        if self._stored is not None:
            self._reveal()
        self._on_taken(draft)

    def _take_probes_back(self) -> None:
        """Remove those that were added here; without others the card is as it was before them."""
        draft = self._draft_of(self.rows)
        draft.remove([row.number for row in draft.rows if row.value.key in self._probes])
        if draft.rows:
            self._on_taken(draft)
            return
        if self._stored is not None:
            self.fold()
        self.check.again()

    # --- the table -------------------------------------------------------------------------------

    def _open_table(self) -> None:
        there, stored = self.rows, self._stored
        fixed = not there and stored is not None
        shown = PromptDraft(stored.specs) if stored is not None and fixed else self._draft_of(there)
        dialog = PromptsDialog(shown, self._theme, self.window(), fixed=fixed)
        files, status = OwnedTasks(dialog, self._tasks), dialog.editor.status
        dialog.taken.connect(self._on_taken)
        dialog.save_asked.connect(
            lambda prompts, path: files.call(
                lambda: save_prompts(path, prompts),
                lambda _: dialog.show_saved(path),
                status.show_error,
            )
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _draft_of(self, prompts: tuple[PromptSpec, ...]) -> PromptDraft:
        """A copy, so that what is cancelled leaves no act; a new one where the prompts are from elsewhere."""
        if prompts != self._draft.values:
            return PromptDraft(prompts, self.made)
        return self._draft.copy()

    def _on_taken(self, draft: PromptDraft) -> None:
        self._draft = draft
        if draft.values != self.rows:
            self.check.put(prompts_overview(draft.values, edited=True, made=draft.made))


def _describe(found: PromptsOverview) -> Found:
    told = counted(found.count, "prompt")
    return Found(f"{told}, edited here" if found.edited else told, note=found.note)
