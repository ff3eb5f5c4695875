"""Dialogs that begin a judge or a benchmark: its file, the settings, the consents, and a trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QRadioButton, QSpinBox, QWidget

from ftcompare.app.generate.engine_run import TRIED
from ftcompare.app.generate.own_measure import Better, OwnMeasure, read_own_measure, what_runs
from ftcompare.app.generate.own_measure import OwnMeasureSettings as Settings
from ftcompare.app.generate.retention import BenchmarkAnswer, HarnessTask, RetentionSettings, read_tasks
from ftcompare.app.judges.judge_file import JUDGE_FORM, read_judge_file
from ftcompare.app.judges.judge_overview import judge_words
from ftcompare.app.judges.judging_plan import (
    HALVES,
    LARGEST_SEED,
    JudgingAnswer,
    JudgingPlan,
    PairChoice,
    cost_lines,
    judging_plan,
)
from ftcompare.app.measures.judges.kind import try_judge
from ftcompare.app.measures.retention.kind import try_benchmark
from ftcompare.app.release.checkpoint_sources import keep_file, kept_file
from ftcompare.core.errors import FTCompareError
from ftcompare.core.fields import fields_of
from ftcompare.core.judge import JudgeMode, JudgeSpec, RubricHalf
from ftcompare.core.language import N_, named_value, sentences, tr, trn
from ftcompare.formats.toml_file import TomlDraft, read_draft
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.dialogs.toml_form import TITLES, Attempt, SettingRow, TomlForm, TrialPanel
from ftcompare.ui.pages.setup.folder_texts import hub_words
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import (
    Heading,
    Muted,
    PlainButton,
    PrimaryButton,
    ScrollColumn,
    label,
    named,
    set_role,
)
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FieldMessage, FileField, Found
from ftcompare.ui.widgets.inputs import choice_box, fill_choice, named_choice, number_field
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.settings_form import equal_columns

DIALOG_WIDTH, LEAST_HEIGHT, USUAL_HEIGHT = 900, 470, 660
ABOVE = 60
"""Height in pixels of the window that is not covered."""


class RunDialog(NamedDialog):
    """Begins a run: a file, which is read as data on the study's thread, its settings, and a trial."""

    stem: str  # beginning of the names of its parts
    title: str
    begin: str  # label of the button that begins the run; all texts are translated where they are shown
    kept: str  # name under which a study remembers the file
    needed: str  # what to do while no file was read
    tried = N_("Try on {number} pairs")  # label of the button that tries it
    columns: Sequence[str] = TITLES  # titles of the columns of the trial's table

    @staticmethod
    def advice() -> Mapping[str, str]:
        """Texts on the remedy, by the code of a fault of the run."""
        raise NotImplementedError

    def __init__(
        self,
        tasks: StudyTasks,
        parent: QWidget,
        backend: str,
        file: FileField,
        read: Callable[[str], Any],
        describe: Callable[[Any], Found],
    ) -> None:
        super().__init__(f"run_{self.stem}_dialog", tr(self.title), parent, modal=True, kept=True)
        room = parent.window().height() - ABOVE
        self.resize(DIALOG_WIDTH, max(LEAST_HEIGHT, min(USUAL_HEIGHT, room)))
        self._tasks, self.backend, self.file = OwnedTasks(self, tasks), backend, file
        self.check: FieldCheck[Any] = FieldCheck(
            file, tasks, look=lambda text, _: read(text), describe=describe, settled=self._on_file
        )
        attempt = tr(self.tried, number=TRIED)
        self.attempt = PlainButton(attempt, name=f"{self.stem}_try", act=self._try)
        self.trial = TrialPanel(tasks, tuple(map(tr, self.columns)))
        self.missing = named(label("", "small", wrap=True), f"{self.stem}_missing")
        self.confirm = PrimaryButton(tr(self.begin), name=f"{self.stem}_confirm", act=self.accept)
        self.cancel = PlainButton(tr("Cancel"), name=f"{self.stem}_cancel", act=self.reject)
        self.trial.changed.connect(self._show)
        self._tasks.run(lambda study: kept_file(study, self.kept), self._on_kept)

    @property
    def answer(self) -> Any:
        """The settings of the run; None while something is missing."""
        raise NotImplementedError

    def attempt_of(self, answer: Any) -> Attempt:
        raise NotImplementedError

    def _on_kept(self, path: Path | None) -> None:
        if path is not None and not self.file.text:
            self.file.set_text(str(path))

    def _on_file(self) -> None:
        """Reset the consents, because they are for one file."""
        raise NotImplementedError

    def _keep_file(self) -> None:
        keep = partial(keep_file, stem=self.kept, path=Path(self.file.text))
        self._tasks.run(keep, lambda _: None, lambda _error: None)

    def arrange(self, *body: QWidget, consents: QWidget) -> None:
        buttons = in_row((self.missing, 1), self.attempt, self.cancel, self.confirm, gap=L)
        parts = (Heading(tr(self.title), level=2), (ScrollColumn(*body, self.trial), 1), consents, buttons)
        in_column(*parts, gap=M, margins=(XL, XL, XL, XL), of=self)

    def accept(self) -> None:
        if self.answer is not None and not self.trial.running:
            super().accept()

    def done(self, result: int) -> None:
        self.trial.clear()
        super().done(result)

    def _try(self) -> None:
        self.trial.run(self.attempt_of(self.answer))

    def _missing(self) -> str:
        """What to do before the run can begin; empty for nothing."""
        if self.trial.running:
            return tr("Wait until the trial ends, or stop it.")
        return "" if self.check.value is not None else tr(self.needed)

    def _show(self) -> None:
        useless, tried = sum(row.useless for row in self.trial.rows), len(self.trial.rows)
        outcome = tr("Trial: {useless} of {tried} gave no verdict.", useless, tried) if useless else ""
        self.missing.setText(self._missing() or outcome)
        set_role(self.confirm, role="" if tried and useless == tried else "primary")
        for button in (self.attempt, self.confirm):
            button.setEnabled(self.answer is not None and not self.trial.running)


PURPOSE = N_("Each model takes a test of lm-evaluation-harness, before and after fine-tuning.")
FIELDS = {**fields_of(RetentionSettings), **fields_of(BenchmarkAnswer)}
SETTINGS = "chat", "again", "limit", "fewshot", "seed"
CONSENTS = NETWORK, CODE = "allow_network", "allow_code"


class BenchmarkDialog(RunDialog):
    """The settings of the run. The task is read on the study's thread, as data."""

    stem, title, begin, kept = "benchmark", N_("Run a benchmark"), N_("Run benchmark"), "task"
    needed, tried = N_("Choose a task."), N_("Try on {number} items")
    columns = (N_("Item"), N_("Right answer"), N_("Replies"), N_("How they count"))

    @staticmethod
    def advice() -> Mapping[str, str]:
        option = tr(FIELDS[NETWORK].title)
        return {"hub-off": tr("Run the benchmark again, and select “{option}”.", option)}

    def __init__(self, tasks: StudyTasks, parent: QWidget, backend: str = "local") -> None:
        kinds = (tr("Tasks of lm-evaluation-harness"), "*.yaml *.yml")
        hint = tr("A task file, such as facts.yaml, or the name of a task, such as arc_easy")
        file = FileField(tr("Task file or name"), "benchmark_file", folder=False, hint=hint, kinds=kinds)
        super().__init__(
            tasks, parent, backend, file, lambda text: read_tasks([text], allow_code=True)[0], _task_words
        )
        self.rows = {key: SettingRow(field, "benchmark") for key, field in FIELDS.items()}
        settings = filled(equal_columns(2, *(self.rows[key] for key in SETTINGS)))
        consents = filled(in_column(*(self.rows[key] for key in CONSENTS), gap=S))
        self.arrange(Muted(tr(PURPOSE)), self.file, settings, consents=consents)
        for row in self.rows.values():
            row.changed.connect(self._on_changed)
        self._show()

    @property
    def answer(self) -> BenchmarkAnswer | None:
        task, values = self.check.value, {key: row.value for key, row in self.rows.items()}
        if task is None or self._refused:
            return None
        given: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
        again = given.pop("again", False)
        return BenchmarkAnswer((task,), RetentionSettings(**given), again)

    def attempt_of(self, answer: BenchmarkAnswer) -> Attempt:
        return partial(try_benchmark, answer=answer, backend=self.backend)

    def _on_file(self) -> None:
        for key in CONSENTS:
            self.rows[key].put(None)
        if self.check.value is not None and self.check.value.folder:
            self._keep_file()
        self._on_changed()

    def _on_changed(self) -> None:
        self.trial.clear()
        self._show()

    @property
    def _refused(self) -> bool:
        task = self.check.value
        return task is not None and task.functions and not self.rows[CODE].value

    def _missing(self) -> str:
        if missing := super()._missing():
            return missing
        return tr("To run this task, select “{option}”.", tr(FIELDS[CODE].title)) if self._refused else ""

    def _show(self) -> None:
        task = self.check.value
        self.rows[NETWORK].setVisible(task is not None and task.needs_hub)
        self.rows[CODE].setVisible(task is not None and task.functions)
        super()._show()


def _task_words(task: HarnessTask) -> Found:
    kind = str(task.settings.get("output_type") or "").replace("_", " ")
    return Found(one_line(named_value(task.name, kind or tr("task of lm-evaluation-harness")), 300))


class OwnMeasureDialog(RunDialog):
    """A measure of the owner, which values are better, and the consent to run its code."""

    stem, title, begin, kept = "own", N_("Run your own measure"), N_("Run measure"), "own_measure"
    about = N_(
        "Choose a Python file with a function score(prompt, answer, reference), or a table of named phrases "
        "or patterns. A folder with a text encoder measures similarity to the references. You can also type "
        "a command that reads and writes JSON Lines."
    )
    needed = N_("Choose a file, or write a command.")

    @staticmethod
    def advice() -> Mapping[str, str]:
        return {}

    def __init__(self, tasks: StudyTasks, parent: QWidget, backend: str = "local") -> None:
        kinds = (tr("Measures"), "*.py *.csv *.tsv *.xlsx")
        file = FileField(
            tr("File, folder, or command"), "own_file", folder=False, hint="polite.py", kinds=kinds
        )
        super().__init__(
            tasks, parent, backend, file, lambda text: read_own_measure(Settings(text)), _measure
        )
        self.better = SettingRow(fields_of(Settings)["better"], "own")
        self.allow = named(QCheckBox(tr("Allow running it")), "own_allow")
        self.arrange(Muted(tr(self.about)), self.file, self.better, consents=self.allow)
        self.attempt.hide()  # a run can be stopped, and a trial would need the same consent
        self.resize(DIALOG_WIDTH, LEAST_HEIGHT)
        self.allow.toggled.connect(self._show)
        self._show()

    @property
    def answer(self) -> OwnMeasure | None:
        found: OwnMeasure | None = self.check.value
        if found is None or (what_runs(found) and not self.allow.isChecked()):
            return None
        return found if found.patterns else replace(found, better=Better(self.better.value or found.better))

    def _on_file(self) -> None:
        self.allow.setChecked(False)
        if self.check.value is not None and not self.check.value.command:
            self._keep_file()
        self._show()

    def _missing(self) -> str:
        allow = tr("To run this measure, select “{option}”.", self.allow.text())
        return super()._missing() or ("" if self.answer else allow)

    def _show(self) -> None:
        found: OwnMeasure | None = self.check.value
        self.allow.setVisible(found is not None and bool(what_runs(found)))
        self.better.setVisible(found is None or not found.patterns)
        super()._show()


def _measure(measure: OwnMeasure) -> Found:
    about = (
        trn("{number} (phrase|phrases)", len(measure.patterns)) if measure.patterns else tr("text encoder")
    )
    about = what_runs(measure) or about
    return Found(one_line(named_value(measure.name, about), 300))


TYPING_MS = 300
OWN = N_("Let a model judge its own answers")
SEND = N_("Allow sending prompts and answers to this server")
DOWNLOAD = N_("Allow the download")
SEEN_WHEN_LOADED = N_(
    "If the loaded judge turns out to be a system of this study, it is refused without this option."
)


class JudgeDialog(RunDialog):
    """The settings of the run.

    The file is read, and the amount of work is computed, on the study's thread; the run can begin only when
    both are shown.
    """

    stem, title, begin, kept = "judge", N_("Run a judge"), N_("Run judge"), JUDGE_FORM.stem
    about = N_("A judge is a model that says which answer is better. Its votes are separate from people's.")
    needed = N_("Choose a judge file, or set up a judge.")

    @staticmethod
    def advice() -> Mapping[str, str]:
        again = N_("Run the judge again, and select “{option}”.")
        options = {"hub-off": DOWNLOAD, "server-not-local": SEND}
        return {code: tr(again, option=tr(option)) for code, option in options.items()}

    def __init__(self, tasks: StudyTasks, parent: QWidget, backend: str = "local") -> None:
        kinds = (tr("Judge"), "*.toml")
        file = FileField(tr("Judge file"), "judge_file", folder=False, hint="judge.toml", kinds=kinds)
        super().__init__(
            tasks, parent, backend, file, lambda text: read_judge_file(Path(text)), _judges_words
        )
        self._study_tasks, self._asked = tasks, 0
        self._plan: JudgingPlan | None = None
        self._far: tuple[str, ...] = ()
        self._hub: tuple[str, ...] = ()
        self.set_up = PlainButton("", name="judge_set_up", act=self._set_up)
        self.pairs = PairsChoice()
        self.told = named(FieldMessage(), "judge_told")
        self.warned = named(FieldMessage(), "judge_warned")
        self.own = named(QCheckBox(tr(OWN)), "judge_own")
        self._own_note = Muted(tr(SEEN_WHEN_LOADED), small=True)
        self.send = named(QCheckBox(tr(SEND)), "judge_send")
        self.download = named(QCheckBox(tr(DOWNLOAD)), "judge_download")
        self._timer = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._lay_out()
        self._connect()
        self._drop()

    @property
    def answer(self) -> JudgingAnswer | None:
        if self.check.value is None or self._plan is None or self._consent:
            return None
        hub = self._hub if self.download.isChecked() else ()
        return JudgingAnswer(self.check.value, self.pairs.choice, self.own.isChecked(), self._far, hub)

    def attempt_of(self, answer: JudgingAnswer) -> Attempt:
        return partial(try_judge, answer=answer, backend=self.backend)

    def _set_up(self) -> None:
        if self.file.text:
            read = partial(read_draft, JUDGE_FORM, Path(self.file.text))
            self._tasks.call(read, self._show_form, self.check.fail)
        else:
            self._show_form(TomlDraft(JUDGE_FORM))

    def _show_form(self, draft: TomlDraft) -> None:
        form = TomlForm(draft, self._study_tasks, self)
        form.saved.connect(lambda path: self.file.set_text(str(path)))
        form.open()

    # --- amount of work --------------------------------------------------------------------------

    def _on_file(self) -> None:
        for tick in (self.own, self.send, self.download):
            tick.setChecked(False)
        if self.check.value is not None:
            self._keep_file()
        self._look()

    def _later(self) -> None:
        self._drop()
        self._timer.start()

    def _drop(self) -> None:
        """Remove the amount of work, which is outdated."""
        self._asked += 1
        self._plan, self._far, self._hub = None, (), ()
        self.trial.clear()
        self.set_up.setText(tr("Edit this judge…") if self.file.text else tr("Set up a judge…"))
        set_role(self.set_up, role="" if self.file.text else "primary")
        if self.check.state is CheckState.FOUND:
            self.told.show_note(tr("Counting judgments…"))
        else:
            self.told.clear()
        self.warned.clear()
        self._show()

    def _look(self) -> None:
        self._timer.stop()
        self._drop()
        specs = self.check.value
        if specs is not None:
            count = partial(judging_plan, specs=specs, choice=self.pairs.choice)
            self._tasks.run(count, partial(self._on_plan, self._asked), partial(self._on_failed, self._asked))

    def _on_plan(self, number: int, plan: JudgingPlan) -> None:
        if number == self._asked:
            self._plan = plan
            self._far, self._hub = tuple(url for url, _ in plan.far), plan.hub
            self.told.show_lines(_lines(plan))
            self.warned.show_lines(_warnings(plan))
            self._show()

    def _on_failed(self, number: int, error: FTCompareError) -> None:
        if number == self._asked:
            self.told.show_error(error)

    # --- showing ---------------------------------------------------------------------------------

    @property
    def _consent(self) -> str:
        """The consent that is still missing, in words; empty if none is."""
        plan = self._plan
        if plan is not None and plan.own and not self.own.isChecked():
            return tr("To have a system of the study judge itself, select “{option}”.", tr(OWN))
        if plan is not None and plan.far and not self.send.isChecked():
            return tr("To send texts to another computer, select “{option}”.", tr(SEND))
        return ""

    def _missing(self) -> str:
        return super()._missing() or self._consent

    def _show(self) -> None:
        plan = self._plan
        self.own.setVisible(plan is not None and bool(plan.own or plan.on_this_machine))
        self._own_note.setVisible(plan is not None and plan.on_this_machine and not plan.own)
        self.send.setVisible(plan is not None and bool(plan.far))
        self.download.setVisible(plan is not None and bool(plan.hub))
        super()._show()

    def _lay_out(self) -> None:
        ticks = filled(in_column(self.warned, self.own, self._own_note, self.send, self.download, gap=S))
        set_up = filled(in_row(self.set_up, STRETCH))
        self.arrange(Muted(tr(self.about)), self.file, set_up, self.pairs, self.told, consents=ticks)

    def _connect(self) -> None:
        self.pairs.changed.connect(self._later)
        self._timer.timeout.connect(self._look)
        for tick in (self.own, self.send, self.download):
            tick.toggled.connect(self._show)


def _judges_words(specs: tuple[JudgeSpec, ...]) -> Found:
    text = N_("“{judge}” chooses the better answer: {settings}")
    if specs[-1].mode is JudgeMode.DIRECT:
        text = N_("“{judge}” scores each answer: {settings}")
    return Found(one_line(tr(text, judge=specs[-1].name, settings=judge_words(specs[-1])), 300))


def _lines(plan: JudgingPlan) -> list[tuple[str, str]]:
    """Each with its kind; the judge's name where there are several."""
    several = len(plan.costs) > 1
    lines: list[tuple[str, str]] = []
    for cost in plan.costs:  # the warning names the host
        first, *more = cost_lines(replace(cost, host="") if plan.far else cost)
        named_first = named_value(one_line(cost.judge, 80), first) if several else first
        lines.append(("", sentences(named_first, *more)))
    return lines


def _warnings(plan: JudgingPlan) -> list[tuple[str, str]]:
    own = [_own_words(plan.own)] if plan.own else []
    far = [_far_words(place.host, secure=place.secure) for _, place in plan.far]
    hub = [hub_words(tr("The file"), model) for model in plan.hub]
    return [("caution", text) for text in (*own, *far, *hub)]


def _own_words(judges: tuple[str, ...]) -> str:
    names = ", ".join(one_line(name, 80) for name in judges)
    return trn(
        "(The judge |){names} (is itself a system|are themselves systems) of this study, and models prefer "
        "their own answers. If you run it, the figures show a warning.",
        len(judges),
        names,
    )


def _far_words(host: str, *, secure: bool) -> str:
    """The same words as in Setup for a system's server."""
    sent = tr("{host} is another computer. The study's prompts and answers are sent there.", one_line(host))
    return sent if secure else sentences(sent, tr("Over http they are not encrypted."))


MOST_PAIRS = 1_000_000
USUAL_SAMPLE = 100


class PairsChoice(QWidget):
    """The choice of pairs. Default: all pairs."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.all = named(QRadioButton(tr("All pairs")), "judge_all")
        self.judged = named(QRadioButton(tr("Only pairs that people have judged")), "judge_judged")
        self.drawn = named(QRadioButton(tr("A random sample of the pairs")), "judge_sample")
        self.count = number_field(
            QSpinBox(minimum=1, maximum=MOST_PAIRS, value=USUAL_SAMPLE), "judge_sample_size"
        )
        self.seed = number_field(QSpinBox(minimum=0, maximum=LARGEST_SEED), "judge_sample_seed")
        self.half = choice_box()
        halves = [(tr(title), half) for half, title in HALVES.items()]
        fill_choice(self.half, [(tr("All prompts"), None), *halves], None)
        self._group = QButtonGroup(self)
        for button in (self.all, self.judged, self.drawn):
            self._group.addButton(button)
        self.all.setChecked(True)
        above = label(tr("Pairs to judge"), "strong")
        ways = in_row(self.all, self.judged, self.drawn, STRETCH, gap=L)
        half = named_choice(tr("Prompts"), self.half, "judge_half")
        in_column(above, ways, self._sizes(), in_row(half, STRETCH), gap=S, of=self)
        self.half.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._group.buttonToggled.connect(self._on_toggled)
        self.count.valueChanged.connect(lambda _: self.changed.emit())
        self.seed.valueChanged.connect(lambda _: self.changed.emit())

    @property
    def choice(self) -> PairChoice:
        named = self.half.currentData()  # Qt returns a plain text
        half = RubricHalf(named) if named else None
        if self.drawn.isChecked():
            return PairChoice(sample=self.count.value(), seed=self.seed.value(), half=half)
        return PairChoice(only_judged=self.judged.isChecked(), half=half)

    def _sizes(self) -> QWidget:
        """The sample's size and the seed of the draw; enabled for a sample only."""
        pairs, seed = label(tr("Pairs")), label(tr("Seed"))
        pairs.setBuddy(self.count)
        seed.setBuddy(self.seed)
        self._fields = filled(in_row(pairs, self.count, L, seed, self.seed, STRETCH, gap=S))
        self._fields.hide()
        return self._fields

    def _on_toggled(self, _button: QRadioButton, checked: bool) -> None:
        if checked:
            self._fields.setVisible(self.drawn.isChecked())
            self.changed.emit()
