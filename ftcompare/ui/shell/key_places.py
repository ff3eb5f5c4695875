"""Letter and digit keys by their place, on keyboards with other letters, or on which digits need Shift."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

_SCAN_CODES = {2: "1234567890", 16: "QWERTYUIOP", 30: "ASDFGHJKL", 44: "ZXCVBNM"}  # by that of the first
_PLACES = {first + at: key for first, row in _SCAN_CODES.items() for at, key in enumerate(row)}
_MAC = "ASDFHGZXCV BQWERYT123465 97 80 OU IP LJ K    NM"
_OFFSET = 8  # of a key code of X11 or Wayland from the scan code
_LAST_LATIN = 0x24F
_BARE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


def latin_key(event: QKeyEvent, platform: str) -> str:
    """Return the Latin letter, the digit, or ``?`` that a key would be on other keyboards; empty for none."""
    if platform == "cocoa":
        key = _MAC[event.nativeVirtualKey() : event.nativeVirtualKey() + 1].strip()
    else:
        key = _PLACES.get(event.nativeScanCode() - (0 if platform == "windows" else _OFFSET), "")
    if event.text() == "؟":
        return "?"
    if key.isdigit():
        return "" if event.text() in "1234567890" or event.modifiers() != _BARE else key
    other = ord(event.text()[:1] or " ") > _LAST_LATIN and event.modifiers() in (_BARE, _SHIFT)
    return key if other else ""


class KeyPlaces(QObject):
    """Passes keys to a window as Latin letters and digits, but not to a field in which text is entered."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.winId()  # creates its handle
        window.windowHandle().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        focus = QApplication.focusWidget()
        if not isinstance(event, QKeyEvent) or event.type() is not QEvent.Type.KeyPress or focus is None:
            return super().eventFilter(watched, event)
        key = latin_key(event, QGuiApplication.platformName())
        if not key or focus.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled):
            return super().eventFilter(watched, event)
        held = event.modifiers() if key.isalnum() else _BARE
        pressed = QKeySequence(QKeyCombination(held, Qt.Key(ord(key))))
        widget: QWidget | None = focus
        while widget is not None:
            for action in widget.actions():
                if action.isEnabled() and pressed in action.shortcuts():
                    if action.autoRepeat() or not event.isAutoRepeat():
                        action.trigger()
                    return True
            widget = widget.parentWidget()
        text = key if held == _SHIFT else key.lower()
        repeat = event.isAutoRepeat()
        sent = QKeyEvent(event.type(), ord(key), event.modifiers(), text, repeat)
        return QCoreApplication.sendEvent(focus, sent)
