"""A section of Setup: required fields, and optional ones that a link opens or sums up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ftcompare.core.language import named_value
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.theme.theme import XL, XS, M, S
from ftcompare.ui.widgets.controls import Line, LinkButton, bring_into_view, label
from ftcompare.ui.widgets.layouts import FlowLayout, filled, in_column, in_row

NAME_WIDTH, TITLE_WIDTH = 124, 92
"""Pixels of a section's name, and of a field's title beside the field."""
SUMMARY_SHOWN = 56  # characters of a summary in a link; its tooltip has all of it


@dataclass(slots=True)
class _Option:
    part: QWidget
    link: LinkButton
    words: str
    title: str
    value: Callable[[], str]
    offered: Callable[[], bool]
    section: SetupSection
    opened: bool = False

    @property
    def shown(self) -> bool:
        faulty = (one.property("invalid") == "true" for one in self.part.findChildren(QWidget))
        return self.opened or any(faulty)


class SetupSection(QWidget):
    """The name at the left; at the right ``body``, the optional fields that are open, and links."""

    def __init__(self, title: str, *, below: int = S) -> None:
        """``below`` is the margin below all: 0 where a field keeps the place of a message."""
        super().__init__()
        self._options: list[_Option] = []
        self.body, self._flow = in_column(gap=S), FlowLayout(M, below=XS)
        self._fields = in_column(gap=M)
        self._opened, self._links = filled(self._fields), filled(self._flow)
        self.name = name = label(title, "strong")
        name.setFixedWidth(NAME_WIDTH)
        name.setContentsMargins(0, S, 0, 0)
        parts = in_column(self.body, self._opened, self._links, gap=XS)
        row = in_row((name, Qt.AlignmentFlag.AlignTop), (parts, 1), gap=0, margins=(XL, S, XL, below))
        self.line = Line()
        in_column(self.line, row, gap=0, of=self)

    def add_link(self, *links: LinkButton) -> None:
        for link in links:
            link.setProperty("adds", "true")
            self._flow.addWidget(link)

    def add_option(
        self,
        part: QWidget,
        name: str,
        words: str,
        title: str,
        value: Callable[[], str],
        offered: Callable[[], bool] = lambda: True,
    ) -> None:
        """Add an optional field; its link says ``words``, or ``title`` and ``value``.

        ``value`` is empty for none; ``offered`` is whether there is a link then. A fault opens the field.
        """
        link = LinkButton(
            words, "plus", name=f"setup_{name}_open", act=lambda: option.section.open_option(option)
        )
        option = _Option(part, link, words, title, value, offered, self)
        self._options.append(option)
        self._fields.addWidget(part)
        self.add_link(link)
        part.hide()

    def take_option(self, part: QWidget, other: SetupSection) -> None:
        """Take an optional field and its link from another section."""
        for option in [option for option in other._options if option.part is part]:
            other._options.remove(option)
            self._options.append(option)
            option.section = self
            self._fields.addWidget(part)
            self._flow.addWidget(option.link)

    def fold(self) -> None:
        """Close all optional fields, for another study."""
        for option in self._options:
            option.opened = False

    def show_options(self) -> None:
        """Show each optional field as it is now: open, summed up, or as a link."""
        for option in self._options:
            value = option.value()
            free = option.part.isEnabled()
            option.link.show_icon("plus" if not value else "square-pen" if free else "eye")
            summary = named_value(option.title, one_line(value, SUMMARY_SHOWN))
            option.link.set_text(summary if value else option.words)
            option.link.setToolTip(tip(value))
            option.part.setVisible(option.shown)
            option.link.setVisible(not option.shown and (bool(value) or (free and option.offered())))
        self._opened.setVisible(any(option.shown for option in self._options))
        self._links.setVisible(not self._flow.sizeHint().isEmpty())

    def open_option(self, option: _Option) -> None:
        option.opened = True
        self.show_options()
        fields = (
            one for one in option.part.findChildren(QWidget) if one.focusPolicy() & Qt.FocusPolicy.TabFocus
        )
        first = next((one for one in fields if one.isEnabled() and one.isVisibleTo(option.part)), None)
        if first is not None:
            first.setFocus()
        bring_into_view(option.part)
