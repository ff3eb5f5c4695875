"""Text that nobody vouches for, in every place of a study, and what may never come of it in a window."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt, QUrl, Slot
from PySide6.QtGui import QAction, QDesktopServices, QTextBlock, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

from ftcompare.core.rating_design import PracticeItem, RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    GlossaryTerm,
    Message,
    PromptSpec,
    SystemKind,
    SystemSpec,
    TermStatus,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui import safe_text
from ftcompare.ui.text.markdown_document import OBJECT
from tests.builders import answer, built_once, drawn_rater, present

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOKEN = "Wombat"  # stands in every hostile text, to tell it from our own words

HIDDEN_INPUT = "\u202e\u2066\u200f\x1b[31m\x07\x00\ufeff\u2028"


def corpus(planted: Path, port: int) -> dict[str, str]:
    """Texts by what is hostile in them; some ask for a planted file, or for a port of this machine."""
    file, web = planted.as_uri(), f"http://127.0.0.1:{port}/x.png"
    return {
        "html": "<b>bold</b> <script>alert(1)</script> <h1>Title</h1> &amp; &lt; <!-- gone -->",
        "rich text": f"<html><body><table><tr><td>{TOKEN}</td></tr></table><br></body></html>",
        "pictures": f"<img src='{file}'> <img src=\"{web}\"> <object data='{planted}'></object>",
        "styles": f"<style>@import '{file}'; a {{background: url({web})}}</style><link href='{file}'>",
        "markdown pictures": f"![alt]({file}) ![alt]({planted}) ![alt]({web} 'tip') ![r][1]\n\n[1]: {file}",
        "markdown links": f"[words]({web}) <{web}> [js](javascript:alert(1)) [f]({file}) www.example.org",
        "markdown blocks": "---\ntitle: hidden\n---\n# One\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```\nx\n```",
        "scripts": "javascript:alert(1) data:text/html,<script>x</script> vbscript:x",
        "bidi": "safe \u202eexe.cod\u202c end \u2066x\u2069 \u200f \u061c",
        "terminal": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x08\x08",
        "nul": "a\x00b",
        "marks": "\ufeffa\u2028b\u2029c\x85d \u200b \u2060 \U000e0041",
        "zalgo": "Z" + "\u0351\u036b\u0343\u036a\u0302" * 60,
        "line ends": "one\r\ntwo\rthree\nfour\x0bfive\x0csix",
        "formats": "%s %n %1 %% {0} {} {title} $x^2$ $\\frac{ &File &&  \\n \\x00 ${HOME} $(id) `id`",
        "formula": '=HYPERLINK("http://127.0.0.1") +1 -1 @x \'; DROP TABLE study; --',
        "qt": "\ufffc \ufdd0 \uffff \x9c kurz\x9clang",
        "long line": "word " * 3000,
    }


def marked(text: str) -> str:
    """A hostile text with the token before and behind."""
    return f"{TOKEN} {text} {TOKEN}"


@built_once
def hostile_study(path: Path, texts: dict[str, str], *, criteria: bool) -> Path:
    """A study with each text as a prompt and both answers, and all of them in every other place.

    Two pairs are judged and one is skipped; the others are left to be rated.
    """
    short = marked(" ".join(text[:120] for text in texts.values()))
    names = [marked(text[:120]) for text in texts.values()]
    design = RatingDesign(
        instructions="\n\n".join(map(marked, texts.values())),
        practice=(PracticeItem((Message("user", short),), short, short, Choice.LEFT, short),),
    )
    scale = Scale(short, 1, tuple(names[3:7]) if criteria else (), tuple(names[:9]))
    study = StudyFile.create(path, title=short, scale=scale, notice=short, rng=Random(1), now=NOW)
    with study, study.atomic():
        systems = [
            study.systems.add(SystemSpec(names[0], SystemKind.BASE, model=names[1])),
            study.systems.add(SystemSpec(names[2], SystemKind.ADAPTER, model=names[1], adapter=names[3])),
        ]
        run = study.runs.start({"base": short, "device": short, "temperature": 0.5}, now=NOW)
        for prompt in study.prompts.add(_prompts(texts)):
            text = marked(texts[prompt.spec.key.partition(" ")[2]])
            answer(study, prompt, (f"{n} {text}" for n, _ in enumerate(systems)), run=run, tokens=3)
        study.glossary.replace([GlossaryTerm(TOKEN, TermStatus.PREFERRED, short, note=short)], now=NOW)
        study.settings.set_rating(scale, design, now=NOW)
        _rate(study, short)
    return path


def _prompts(texts: dict[str, str]) -> Iterator[PromptSpec]:
    for name, text in texts.items():
        asked = marked(text)
        turns = (Message("system", asked), Message(f"role {asked[:50]}", asked)) if name == "html" else ()
        yield PromptSpec(
            f"{TOKEN} {name}", (*turns, Message("user", asked)), marked(text[:50]), reference=asked
        )


def _rate(study: StudyFile, short: str) -> None:
    rater = drawn_rater(study, short, rng=Random(2), now=NOW)
    scale = study.judgments.settings().scale
    for choice in (Choice.LEFT, Choice.RIGHT):
        item = present(study.judgments.next_item(rater.id))
        answered = tuple((name, choice) for name in scale.criteria)
        verdict = Verdict(
            choice,
            None,
            comment=short,
            flagged=True,
            seconds=2.0,
            criteria=answered,
            reasons=scale.reasons[:2],
        )
        study.judgments.judge(item.allocation, verdict, now=NOW)
    item = present(study.judgments.next_item(rater.id))
    study.judgments.skip(item.allocation, short, seconds=1.0, now=NOW)


# What a window shows.


def understood(shown: str) -> str:
    """What a reader who knows the spelling of hidden characters takes from a shown text."""
    plain = shown.replace(safe_text.SOFT_BREAK, "")
    return re.sub(r"⟨U\+([0-9A-F]{4,6})⟩", lambda m: chr(int(m[1], 16)), plain)


def said(top: QWidget) -> Iterator[tuple[str, str]]:
    """Everything that a widget and all in it say, seen or not: where, and what."""
    for thing in (top, *top.findChildren(QObject)):
        if isinstance(thing, QWidget | QAction):
            name = f"{type(thing).__name__} {thing.objectName()}"
            yield from ((f"{name}: {what}", text) for what, text in _of(thing) if text)


def _of(thing: QWidget | QAction) -> Iterator[tuple[str, str]]:
    if isinstance(thing, QAction):
        yield "text", thing.text()  # its tip is its text unless it is set, and menus show none
        return
    yield "tip", thing.toolTip()
    yield "status tip", thing.statusTip()
    yield "accessible name", thing.accessibleName()
    yield "accessible description", thing.accessibleDescription()
    yield "window title", thing.windowTitle()
    yield from _of_widget(thing)


def _of_widget(widget: QWidget) -> Iterator[tuple[str, str]]:
    if isinstance(widget, QLabel | QAbstractButton):
        yield "text", widget.text()
    elif isinstance(widget, QGroupBox):
        yield "title", widget.title()
    elif isinstance(widget, QTextEdit):
        yield "text", "\n".join(_blocks(widget.document()))
    elif isinstance(widget, QAbstractItemView | QComboBox):
        yield from _cells(widget.model())
    elif isinstance(widget, QTabBar):
        yield from (("tab", widget.tabText(number)) for number in range(widget.count()))
    elif isinstance(widget, QLineEdit):
        yield "placeholder", widget.placeholderText()


def blocks_of(view: QTextEdit) -> str:
    """What stands in a view's document."""
    return "\n".join(_blocks(view.document()))


def _blocks(document: QTextDocument) -> Iterator[str]:
    block = document.begin()
    while block.isValid():
        yield "".join(_texts_of(block))
        block = block.next()


def _texts_of(block: QTextBlock) -> Iterator[str]:
    """The texts of a block; a drawn formula stands there as an object, with its source beside it."""
    part = block.begin()
    while not part.atEnd():
        if part.fragment().charFormat().objectType() != OBJECT:
            yield part.fragment().text()
        part += 1


def _cells(model: QAbstractItemModel | None) -> Iterator[tuple[str, str]]:
    if model is None:
        return
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
    for row in range(min(model.rowCount(QModelIndex()), 100)):
        for column in range(model.columnCount(QModelIndex())):
            index = model.index(row, column)
            for role in roles:
                yield f"cell {role.name}", str(model.data(index, role) or "")


def problems(top: QWidget) -> list[str]:
    """Where hostile text is shown in a way that it may not be."""
    return [*_hidden(top), *_guessed(top)]


def _hidden(top: QWidget) -> Iterator[str]:
    """Characters without a shape that reached a widget. A field that is typed into holds what is stored."""
    for where, text in said(top):
        clean = text.replace(safe_text.SOFT_BREAK, "")
        if safe_text.visible(clean) != clean:
            found = sorted({f"U+{ord(c):04X}" for c in clean if safe_text.visible(c) != c})
            yield f"{where} holds {' '.join(found)}: {text[:60]!r}"


def _guessed(top: QWidget) -> Iterator[str]:
    """Widgets that may take our text for markup."""
    for label in top.findChildren(QLabel):
        if TOKEN in label.text() and label.textFormat() is not Qt.TextFormat.PlainText:
            yield f"label {label.objectName()} guesses markup: {label.text()[:60]!r}"
    buttons: list[QAbstractButton | QAction] = [
        *top.findChildren(QAbstractButton),
        *top.findChildren(QAction),
    ]
    for button in buttons:
        if TOKEN in button.text() and re.search("(?<!&)(&&)*&(?!&)", button.text()):
            yield f"{type(button).__name__} {button.objectName()} takes & for a key: {button.text()[:60]!r}"
    for where, text in said(top):
        if TOKEN in text and where.endswith(("tip", "ToolTipRole")) and not _tip_is_plain(text):
            yield f"{where} is taken for markup: {text[:80]!r}"


def _tip_is_plain(tip: str) -> bool:
    """A tip is shown as rich text where Qt thinks so: then nothing in it may be an element but our own."""
    if not _might_be_rich(tip):
        return True
    inside = re.sub(r"^<qt>|</qt>$", "", tip)
    return not re.search(r"<(?!br\s*/?>)", inside)


def _might_be_rich(text: str) -> bool:
    """As ``Qt::mightBeRichText`` has it, roughly and on the safe side: Python cannot call it."""
    return bool(re.search(r"<\s*[a-zA-Z!/?]", text))


# What a window does.


class Watch:
    """Sees whether a file is opened, a port is called, or an address is handed to the system."""

    def __init__(self, folder: Path) -> None:
        self.planted = folder / "planted.png"
        self.planted.write_bytes(b"not to be read")
        self._notify = _inotify(self.planted)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self.port: int = self._server.getsockname()[1]
        self._opener = _Opener()
        for scheme in ("http", "https", "file", "javascript", "data"):
            QDesktopServices.setUrlHandler(scheme, self._opener, "follow")  # type: ignore[arg-type]  # wants str

    def seen(self) -> list[str]:
        found = [f"{url} was followed" for url in self._opener.followed]
        if _events(self._notify):
            found.append("the planted file was opened")
        try:
            self._server.accept()[0].close()
            found.append("the port was called")
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        self._server.close()
        os.close(self._notify)
        for scheme in ("http", "https", "file", "javascript", "data"):
            QDesktopServices.unsetUrlHandler(scheme)


class _Opener(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.followed: list[str] = []

    @Slot(QUrl)
    def follow(self, url: QUrl) -> None:
        """Note it instead of a browser."""
        self.followed.append(url.toString())


_IN_OPEN = 0x20


def _inotify(path: Path) -> int:
    """A descriptor that can be read once anybody has opened a file, Qt included (inotify(7))."""
    system = ctypes.CDLL(None, use_errno=True)
    descriptor: int = system.inotify_init1(os.O_NONBLOCK)
    watch = system.inotify_add_watch(descriptor, os.fsencode(path), _IN_OPEN)
    assert descriptor >= 0
    assert watch >= 0
    return descriptor


def _events(descriptor: int) -> bool:
    try:
        content = os.read(descriptor, 4096)
    except BlockingIOError:
        return False
    _, mask, _, _ = struct.unpack_from("iIII", content)
    return bool(mask & _IN_OPEN)
