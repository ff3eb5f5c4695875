"""Colours, sizes, fonts and the one style sheet: nothing else in the application styles anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from ftcompare.app import application_paths
from ftcompare.ui.theme.icon_folder import IconFolder
from ftcompare.ui.theme.style_sheet import SHEET

XS, S, M, L, XL, XXL = 4, 8, 12, 16, 24, 32
"""Spacing, in pixels."""

BODY = 15
"""The size of running text before zoom, in pixels."""

_DRAWN_BY_SHEET = ("check", "chevron-down", "chevron-up", "minus", "circle-dot")
"""Icons which the style sheet itself places (ticks and arrows of form fields)."""


@dataclass(frozen=True, slots=True)
class ThemeColors:
    """The colours of one theme, each ``#RRGGBB``.

    ``likelier`` (blue) and ``unlikelier`` (orange) shade text in three steps: all colour-blind people
    tell the two apart. The last four are for terms (Okabe-Ito).
    """

    name: str
    window: str
    surface: str
    raised: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    accent_tint: str
    good: str
    caution: str
    bad: str
    likelier_1: str
    likelier_2: str
    likelier_3: str
    unlikelier_1: str
    unlikelier_2: str
    unlikelier_3: str
    preferred: str = "#009E73"
    admitted: str = "#56B4E9"
    deprecated: str = "#D55E00"
    superseded: str = "#CC79A7"


LIGHT = ThemeColors(
    name="light",
    window="#F6F6F4",
    surface="#FFFFFF",
    raised="#FBFBFA",
    border="#DBDAD6",
    strong_border="#8A8F98",
    text="#1E2227",
    muted="#59606C",
    accent="#2B5CCB",
    on_accent="#FFFFFF",
    accent_tint="#E9EFFC",
    good="#0B7A55",
    caution="#8F5B00",
    bad="#B3261E",
    likelier_1="#E1EDFB",
    likelier_2="#BBD7F5",
    likelier_3="#8DBDEE",
    unlikelier_1="#FCEBD7",
    unlikelier_2="#F8CF9F",
    unlikelier_3="#EFA95A",
)
DARK = ThemeColors(
    name="dark",
    window="#16181B",
    surface="#1E2125",
    raised="#25292E",
    border="#343A41",
    strong_border="#727A85",
    text="#E7E9EC",
    muted="#A5ACB7",
    accent="#8DB2FF",
    on_accent="#0F1319",
    accent_tint="#22304A",
    good="#4CC79A",
    caution="#E5B454",
    bad="#FF8A80",
    likelier_1="#1F3550",
    likelier_2="#254B78",
    likelier_3="#2B63A0",
    unlikelier_1="#43301B",
    unlikelier_2="#654217",
    unlikelier_3="#875512",
)


class Theme(QObject):
    """The theme in use. Widgets read it when they paint; `changed` says that it is another now.

    Args:
        mode: ``system``, ``light`` or ``dark``.
        zoom: factor on all type sizes.
    """

    changed = Signal()

    def __init__(self, mode: str = "system", zoom: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode = mode
        self._zoom = zoom
        self._drawn = IconFolder()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def tokens(self) -> ThemeColors:
        """The colours in use."""
        if self._mode == "system":
            dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
            return DARK if dark else LIGHT
        return DARK if self._mode == "dark" else LIGHT

    @property
    def mode(self) -> str:
        """``system``, ``light`` or ``dark``."""
        return self._mode

    @property
    def zoom(self) -> float:
        """The factor on all type sizes."""
        return self._zoom

    def set_mode(self, mode: str) -> None:
        """Follow the system, or be light or dark."""
        if mode != self._mode:
            self._mode = mode
            self.changed.emit()

    def set_zoom(self, zoom: float) -> None:
        """Make all type larger or smaller."""
        if zoom != self._zoom:
            self._zoom = zoom
            self.changed.emit()

    def px(self, size: int) -> int:
        """A size in pixels, zoomed."""
        return round(size * self._zoom)

    def font(self, size: int = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """The application's font in a size before zoom: 12, 13, 15, 18 or 24."""
        system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font = QFont(["Inter", "Noto Sans", system.family()])
        font.setPixelSize(self.px(size))
        font.setWeight(weight)
        return font

    def color(self, token: str) -> QColor:
        """A token's colour, by the token's name."""
        return QColor(getattr(self.tokens, token))

    def apply(self, application: QApplication) -> None:
        """Dress the whole application."""
        application.setFont(self.font())
        application.setPalette(self.palette())
        application.setStyleSheet(self.style_sheet())

    def palette(self) -> QPalette:
        """For what the style draws by itself."""
        role = QPalette.ColorRole
        named = {
            role.Window: "window",
            role.WindowText: "text",
            role.Base: "surface",
            role.AlternateBase: "raised",
            role.Text: "text",
            role.Button: "surface",
            role.ButtonText: "text",
            role.BrightText: "bad",
            role.ToolTipBase: "raised",
            role.ToolTipText: "text",
            role.PlaceholderText: "muted",
            role.Highlight: "accent",
            role.HighlightedText: "on_accent",
            role.Accent: "accent",
            role.Link: "accent",
            role.LinkVisited: "accent",
            role.Light: "raised",
            role.Midlight: "border",
            role.Mid: "strong_border",
            role.Dark: "strong_border",
            role.Shadow: "strong_border",
        }
        palette = QPalette()
        for color_role, token in named.items():
            palette.setColor(color_role, self.color(token))
        for color_role in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, color_role, self.color("muted"))
        return palette

    def style_sheet(self) -> str:
        """The one style sheet, with this theme's colours and sizes put in."""
        values: dict[str, object] = dict(asdict(self.tokens))
        values.update({f"px{size}": self.px(size) for size in (12, 13, 15, 18, 24)})
        values.update({f"icon_{n.replace('-', '_')}": self._drawn_icon(n, "text") for n in _DRAWN_BY_SHEET})
        values["icon_check"] = self._drawn_icon("check", "on_accent")
        values["icon_circle_dot"] = self._drawn_icon("circle-dot", "accent")
        values["control"] = self.px(16)
        values["half_control"] = self.px(16) // 2 + 1
        return Template(SHEET).substitute(values)

    def _drawn_icon(self, name: str, token: str) -> str:
        """Path of an icon in a token's colour: a style sheet cannot tint, so a file is written."""
        target = self._drawn.path / f"{name}-{self.tokens.name}-{token}.svg"
        if not target.exists():
            source = (application_paths.resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
            target.write_text(source.replace("currentColor", getattr(self.tokens, token)), encoding="utf-8")
        return target.as_posix()

    def remove_files(self) -> None:
        """Remove the icons drawn for the style sheet; to be called when no window is shown any more."""
        self._drawn.remove()

    def _system_changed(self) -> None:
        if self._mode == "system":
            self.changed.emit()
