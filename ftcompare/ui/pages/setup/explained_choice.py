"""Setup's choices of how a model is loaded and prompted, each with an explanation."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.new_study import TemplateFinding
from ftcompare.core.study import OWN_TEMPLATE
from ftcompare.ui.engine.hardware import Hardware
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Muted, label_of, named
from ftcompare.ui.widgets.file_field import FieldMessage, shortened
from ftcompare.ui.widgets.inputs import choice_box
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

WEIGHTS = {
    "": ("As they are", "In the arithmetic that is quickest here; nothing of the models is lost."),
    "8bit": (
        "8 bits",
        "About half the memory of 16 bits. Slower, and answers differ a little from the models' own.",
    ),
    "4bit": (
        "4 bits",
        "About a quarter of the memory of 16 bits. Slower, and answers differ more; they may be worse.",
    ),
}
TEMPLATES = {
    "": (
        "The base's",
        "Its folder has a chat template that is not the base's. With the base's, all systems get "
        "the same tokens, but this one may be asked in a form that it was not trained on.",
    ),
    OWN_TEMPLATE: (
        "The adapter's own",
        "It is asked in the form that its folder gives. The two sides then get different tokens, so "
        "that their answers also differ by the template. The systems write one after the other, "
        "which is slower.",
    ),
}

BASE_HAS_NONE = (
    "The base has no chat template: with that choice this adapter is asked in plain text, for which it may "
    "not have been trained."
)


class ExplainedChoice(QWidget):
    """A choice with its label, each option's explanation, and why another option is not available."""

    changed = Signal()
    chosen = Signal(str)  # the key that the user chose

    def __init__(
        self, title: str, name: str, spoken: str, entries: Mapping[str, tuple[str, str]], stays: str
    ) -> None:
        super().__init__()
        self._keys, self._meanings, self._stays = tuple(entries), entries, stays
        self._fixed = False
        self.box = named(choice_box(), name, spoken)
        self.box.addItems([offered for offered, _ in entries.values()])
        self._about = named(Muted("", small=True), f"{name}_about")
        self._refusal = FieldMessage()
        row = in_row(label_of(self.box, title), self.box, STRETCH, gap=S)
        in_column(row, self._about, self._refusal, gap=6, of=self)
        self.box.currentIndexChanged.connect(lambda _index: self._on_choice())
        self.box.activated.connect(lambda _index: self.chosen.emit(self.key))
        self._on_choice()

    @property
    def key(self) -> str:
        return self._keys[self.box.currentIndex()]

    def put(self, key: str, *, fixed: bool) -> None:
        self._fixed = fixed
        self.box.setCurrentIndex(self._keys.index(key))
        self.box.setEnabled(not fixed)
        self._on_choice()

    def refuse(self, why: str) -> None:
        self._refusal.show_lines([("caution", why)] if why else [])

    def _on_choice(self) -> None:
        about = self._meanings[self.key][1]
        self._about.setText(f"{about} {self._stays}" if self._fixed else about)
        self.changed.emit()


class QuantisationChoice(ExplainedChoice):
    """The number of bits in which this machine loads a model's weights."""

    _survey: Hardware | None = None

    def __init__(self) -> None:
        spoken = "How the weights of models on this machine are loaded"
        stays = "Models of this study have written so, and therefore stay as they are."
        super().__init__("Weights are loaded", "setup_quantisation", spoken, WEIGHTS, stays)

    def set_survey(self, survey: Hardware | None) -> None:
        self._survey = survey
        self._on_choice()

    def _on_choice(self) -> None:
        self.refuse(self._survey.refusals.get(self.key, "") if self._survey else "")
        super()._on_choice()


class TemplateChoice(ExplainedChoice):
    """The chat template used for an adapter; hidden if the adapter has none of its own."""

    _found: TemplateFinding | None = None

    def __init__(self, name: str, spoken: str) -> None:
        spoken = f"Chat template that {spoken} is asked with"
        stays = "It has written with this one, which therefore stays."
        super().__init__("Chat template", f"setup_template_{name}", spoken, TEMPLATES, stays)
        self.hide()

    def show_found(self, finding: TemplateFinding | None) -> None:
        refused = finding.refusal if finding else ""
        if (finding is None or refused) and not self._fixed:
            self.box.setCurrentIndex(0)
        self.box.setEnabled(not (refused or self._fixed))
        self._found = finding
        self._on_choice()
        self.setVisible(finding is not None)

    def _on_choice(self) -> None:
        told = []
        if self._found and self._found.base_has_none and not self.key:
            told.append(BASE_HAS_NONE)
        if self._found and self._found.refusal:
            told.append(f"Its own cannot be used here: {shortened(self._found.refusal)}")
        self.refuse(" ".join(told))
        super()._on_choice()
