"""The style sheet's text, with ``$token`` placeholders for the theme's colors and sizes."""

from __future__ import annotations

SHEET = """
QWidget { color: $text; }
QMainWindow, QDialog, QMessageBox, QWidget[role="page"] { background: $window; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 8px; }

QLabel { background: transparent; }
QLabel[role="h1"] { font-size: ${px24}px; font-weight: 600; }
QLabel[role="h2"] { font-size: ${px18}px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${px13}px; }
QLabel[role="caption"] { font-size: ${px13}px; }
QLabel[role="section"] { color: $muted; font-size: ${px12}px; font-weight: 700; }
QLabel[role="keycap"] {
    font-size: ${px12}px; font-weight: 600; color: $muted; background: $surface;
    border: 1px solid $strong_border; border-bottom-width: 2px; border-radius: 4px; padding: 1px 7px;
}
QLabel[role="keycap"][waiting="true"] {
    color: transparent; background: transparent; border-color: transparent;
}
QLabel[kind="good"], QWidget[icon="good"] { color: $good; }
QLabel[kind="caution"], QWidget[icon="caution"] { color: $caution; }
QLabel[kind="bad"], QWidget[icon="bad"] { color: $bad; }
QWidget[icon="neutral"] { color: $muted; }
QWidget[icon="accent"] { color: $accent; }

QFrame[role="card"] { background: $surface; border: 1px solid $border; border-radius: 8px; }
QFrame[role="raised"] { background: $raised; border: 1px solid $border; border-radius: 8px; }
QScrollArea[role="table"] { border: 1px solid $border; border-radius: 6px; }
QFrame[role="head"] { background: $raised; border: none; }
QLabel[role="cell"] {
    font-size: ${px13}px; padding: 2px 8px; border: none; border-top: 1px solid $border;
}
QFrame[role="line"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="messagebar"] { background: $raised; border: 1px solid $strong_border; border-radius: 6px; }
QFrame[role="messagebar"] QLabel, QFrame[role="messagebar"] QPushButton { font-size: ${px13}px; }
QFrame[role="messagebar"][kind="bad"] { border-left: 4px solid $bad; }
QFrame[role="messagebar"][kind="good"] { border-left: 4px solid $good; }
QFrame[role="messagebar"][kind="note"] { border-left: 4px solid $accent; }
QFrame[role="pill"] { background: $raised; border: 1px solid $border; border-radius: 6px; }

QPushButton {
    background: $surface; color: $text; border: 1px solid $strong_border; border-radius: 6px;
    padding: 7px 15px; font-size: ${px15}px;
}
QPushButton:hover { background: $accent_tint; }
QPushButton:pressed { background: $accent_tint; border-color: $accent; }
QPushButton:disabled { color: $muted; border-color: $border; background: $window; }
QPushButton:focus { border: 2px solid $accent; padding: 6px 14px; }
QPushButton[role="primary"] {
    background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600;
}
QPushButton[role="primary"]:hover { border-color: $text; }
QPushButton[role="primary"]:pressed { background: $accent; }
QPushButton[role="primary"]:disabled { background: $raised; color: $muted; border-color: $border; }
QPushButton[role="primary"]:focus { border: 2px solid $text; }
QPushButton[role="quiet"] { background: transparent; border: 1px solid transparent; padding: 7px 11px; }
QPushButton[role="quiet"]:hover { background: $accent_tint; }
QPushButton[role="quiet"]:focus { border: 2px solid $accent; padding: 6px 10px; }
QPushButton[role="quiet"]:disabled { color: $muted; }
QPushButton[role="link"] {
    background: transparent; border: 2px solid transparent; border-radius: 4px; padding: 1px 2px 1px 0;
    color: $accent; text-align: left; text-decoration: underline;
}
QPushButton[role="link"][adds="true"] { text-decoration: none; font-size: ${px13}px; }
QPushButton[role="link"]:hover { color: $text; background: transparent; }
QPushButton[role="link"]:focus { border: 2px solid $accent; }
QPushButton[role="link"]:disabled { color: $muted; text-decoration: none; }
QPushButton[role="answer"] { padding: 10px 15px; font-weight: 600; }
QPushButton[role="answer"]:focus { padding: 9px 14px; }
QPushButton[role="answer"][open="false"] { color: $muted; border-color: $border; }
QPushButton[role="answer"][chosen="true"] {
    background: $accent_tint; border: 2px solid $accent; padding: 9px 14px;
}
QLabel[open="false"] { color: $muted; }
QPushButton[role="segment"] {
    font-size: ${px13}px; padding: 2px 8px; border-radius: 0; border-right-width: 0;
}
QPushButton[role="segment"][end="first"] { border-top-left-radius: 6px; border-bottom-left-radius: 6px; }
QPushButton[role="segment"][end="last"] {
    border-top-right-radius: 6px; border-bottom-right-radius: 6px; border-right-width: 1px;
}
QPushButton[role="segment"][end="only"] { border-radius: 6px; border-right-width: 1px; }
QPushButton[role="segment"]:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[role="segment"]:focus { border: 2px solid $accent; padding: 1px 7px; }
QPushButton[role="segment"]:checked:focus { border: 2px solid $text; }
QFrame[role="criterion"], QFrame[role="chip"] {
    background: transparent; border: 2px solid transparent; border-radius: 8px;
}
QFrame[role="criterion"][armed="true"] { background: $surface; border-color: $accent; }
QFrame[role="chip"] { background: $surface; border: 1px solid $border; }
QFrame[role="chip"][armed="true"] { border-color: $accent; }
QFrame[role="chip"] QCheckBox { font-size: ${px13}px; }
QPushButton[role="tool"] {
    background: transparent; border: 2px solid transparent; border-radius: 6px; padding: 2px 4px;
    color: $muted; text-align: left;
}
QPushButton[role="tool"], QPushButton[role="tool"] QLabel { font-size: ${px13}px; }
QPushButton[role="tool"] QLabel[role="keycap"] { font-size: ${px12}px; }
QPushButton[role="tool"]:hover { color: $text; background: $accent_tint; }
QPushButton[role="tool"]:focus { border: 2px solid $accent; }
QPushButton[role="tool"]:disabled { background: transparent; }
QPushButton[role="tool"][on="true"] { color: $accent; font-weight: 600; }
QPushButton[role="nav"] {
    background: transparent; border: none; border-bottom: 2px solid transparent; border-radius: 0;
    padding: 13px 4px 11px 4px; color: $muted;
}
QPushButton[role="nav"]:hover { color: $text; background: transparent; }
QPushButton[role="nav"]:focus { color: $text; border: 2px solid $accent; padding: 11px 2px 11px 2px; }
QPushButton[role="nav"]:checked { color: $text; font-weight: 600; border-bottom: 2px solid $accent; }
QPushButton[role="row"] {
    background: $surface; border: 1px solid $border; border-radius: 8px; padding: 12px 16px;
    text-align: left;
}
QPushButton[role="row"]:hover { background: $accent_tint; border-color: $strong_border; }
QPushButton[role="row"]:focus { border: 2px solid $accent; padding: 11px 15px; }
QWidget[role="navrow"] { background: $surface; border-bottom: 1px solid $border; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: $surface; color: $text; border: 1px solid $strong_border; border-radius: 6px;
    padding: 6px 9px; selection-background-color: $accent; selection-color: $on_accent;
    font-size: ${px15}px; placeholder-text-color: $muted;
}
QPlainTextEdit[readOnly="false"], QTextEdit[readOnly="false"] { background: $surface; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus,
QComboBox:focus { border: 2px solid $accent; padding: 5px 8px; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QSpinBox:disabled,
QDoubleSpinBox:disabled, QComboBox:disabled { color: $muted; background: $window; border-color: $border; }
QLineEdit[invalid="true"], QComboBox[invalid="true"], QSpinBox[invalid="true"],
QPlainTextEdit[invalid="true"] { border: 2px solid $bad; padding: 5px 8px; }
QTextEdit[role="text"], QPlainTextEdit[role="text"] {
    background: transparent; border: 2px solid transparent; border-radius: 6px; padding: 0;
}
QTextEdit[role="text"]:focus, QPlainTextEdit[role="text"]:focus { border: 2px solid $accent; padding: 0; }
QTextEdit[inset="true"], QTextEdit[inset="true"]:focus { padding: 0 4px; }
QComboBox::drop-down { border: none; width: 28px; }
QComboBox::down-arrow { image: url($icon_chevron_down); width: ${control}px; height: ${control}px; }
QComboBox QAbstractItemView {
    background: $surface; color: $text; border: 1px solid $border; padding: 4px; outline: none;
    selection-background-color: $accent_tint; selection-color: $text;
}
QComboBox[role="cell"] { font-size: ${px13}px; font-weight: 600; border-color: $border; padding: 2px 6px; }
QSpinBox, QDoubleSpinBox { padding: 5px 9px 4px 9px; } /* Qt adds 3 px to them alone */
QSpinBox:focus, QDoubleSpinBox:focus { padding: 4px 8px 3px 8px; }
QAbstractSpinBox QLineEdit { border: none; padding: 0; background: transparent; }
QAbstractSpinBox QLineEdit:focus { border: none; padding: 0; }
QSpinBox::up-button, QDoubleSpinBox::up-button { border: none; width: 22px; subcontrol-position: top right; }
QSpinBox::down-button, QDoubleSpinBox::down-button {
    border: none; width: 22px; subcontrol-position: bottom right;
}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url($icon_chevron_up); width: 12px; height: 12px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {
    image: url($icon_chevron_down); width: 12px; height: 12px;
}

QCheckBox, QRadioButton { spacing: 8px; padding: 3px 2px; border: 2px solid transparent; border-radius: 4px; }
QCheckBox:focus, QRadioButton:focus { border: 2px solid $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $muted; }
QCheckBox::indicator, QRadioButton::indicator {
    width: ${control}px; height: ${control}px; border: 1px solid $strong_border; background: $surface;
}
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: ${half_control}px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($icon_check); }
QRadioButton::indicator:checked {
    border-color: $accent;
    background: qradialgradient(cx:0.5, cy:0.5, radius:0.5, fx:0.5, fy:0.5,
        stop:0 $accent, stop:0.5 $accent, stop:0.6 $surface, stop:1 $surface);
}
QCheckBox::indicator:disabled { background: $window; border-color: $border; }

QProgressBar { background: $border; border: none; border-radius: 2px; min-height: 4px; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QMenuBar { background: transparent; border: none; padding: 0; font-size: ${px15}px; }
QMenuBar::item { padding: 8px; background: transparent; border-radius: 6px; }
QMenuBar::item:selected { background: $accent_tint; }
QMenuBar::item:disabled { color: $muted; }
QMenu { background: $surface; border: 1px solid $border; padding: 6px; font-size: ${px15}px; }
QMenu::item { padding: 6px 24px 6px 28px; border-radius: 6px; }
QMenu::item:selected { background: $accent_tint; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 6px 8px; }
QMenu::indicator { width: ${control}px; height: ${control}px; left: 6px; }
QMenu::indicator:checked { image: url($icon_minus); }
QMenu::indicator:exclusive:checked { image: url($icon_circle_dot); }

QAbstractScrollArea { background: transparent; }
QScrollArea, QScrollArea > QWidget > QWidget[role="plain"] { background: transparent; border: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; border: none; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; border: none; }
QScrollBar::handle { background: $strong_border; border-radius: 4px; margin: 2px; }
QScrollBar#sideways { height: 10px; }
QScrollBar#sideways[role="over_text"] { background: $surface; }
QScrollBar#sideways::handle { border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar[focus="true"]::handle { background: $accent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; background: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }

QListView, QTreeView, QTableView {
    background: $surface; color: $text; border: 1px solid $border; border-radius: 8px;
    alternate-background-color: $raised; gridline-color: $border; outline: none;
    selection-background-color: $accent_tint; selection-color: $text; font-size: ${px15}px;
}
QListView:focus, QTreeView:focus, QTableView:focus { border: 2px solid $accent; }
QListView::item, QTreeView::item { padding: 6px 8px; }
QTableView::item { padding: 4px 8px; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {
    background: $accent_tint; color: $text;
}
QHeaderView { background: transparent; border: none; }
QHeaderView::section {
    background: $raised; color: $muted; border: none; border-bottom: 1px solid $border; padding: 6px 11px;
    font-size: ${px13}px; font-weight: 600;
}
QTableCornerButton::section { background: $raised; border: none; }
QTabBar::tab {
    background: transparent; color: $muted; padding: 6px 10px 8px 10px; border: 2px solid transparent;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $text; border: 2px solid $accent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $border; }
QFrame[role="palette"] { background: $surface; border: 1px solid $strong_border; border-radius: 8px; }
"""
