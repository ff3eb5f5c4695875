"""The window: menus, navigation, message bar, and one page in front."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from ftcompare.app import paths
from ftcompare.app.commands import COMMANDS, MENUS, When
from ftcompare.app.settings import ZOOM_STEPS
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.context import PageContext
from ftcompare.ui.menus import CHECKED, fill_menu_bar, title_of, window_actions
from ftcompare.ui.page import Page
from ftcompare.ui.page_makers import MAKERS, RATE, SETUP, STUDY_PAGES, WELCOME
from ftcompare.ui.pages.rate import RatePage
from ftcompare.ui.pages.rate_words import key_words
from ftcompare.ui.pages.welcome import WelcomePage
from ftcompare.ui.palette import CommandPalette, Entry
from ftcompare.ui.settings_keeper import SettingsKeeper
from ftcompare.ui.study_acts import OpenedStudy, StudyActs
from ftcompare.ui.tasks import StudyTasks
from ftcompare.ui.theme import Theme
from ftcompare.ui.widgets.dialogs import AboutDialog, KeysDialog
from ftcompare.ui.widgets.message_bar import MessageBar
from ftcompare.ui.widgets.nav_row import NavRow

NAME = "FTCompare"
FIRST_SIZE = (1280, 800)
SMALLEST = (900, 600)


class MainWindow(QMainWindow):
    """The one window.

    Args:
        theme: colours and sizes.
        tasks: the way to the study.
        keeper: the user's settings.
        keys: command id to key sequence.
        make_acts: makes what the menus do with studies, for this window.
        rate: the rating page, joined to the study already.
    """

    def __init__(
        self,
        theme: Theme,
        tasks: StudyTasks,
        keeper: SettingsKeeper,
        keys: dict[str, str],
        make_acts: Callable[[QWidget, PageContext], StudyActs],
        rate: RatePage,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._tasks = tasks
        self._keeper = keeper
        self._keys = keys
        self._opened: OpenedStudy | None = None
        self._busy = False
        self.bar = MessageBar()
        self.context = PageContext(theme, tasks, self.bar, self.trigger, self._study_changed)
        self.acts = make_acts(self, self.context)
        self.nav = NavRow([(page, self.tr(title)) for page, title in STUDY_PAGES])
        self.rate = rate
        self.welcome = WelcomePage(self.context)
        self._pages: dict[str, Page] = {WELCOME: self.welcome, RATE: rate}
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        self._recent = QMenu(self.tr("Open recent"), self)
        self.actions_by_id = window_actions(self, keys, self.trigger) | rate.actions_by_id
        fill_menu_bar(self.menuBar(), self.actions_by_id, self._recent)
        self.addActions([action for name, action in self.actions_by_id.items() if not _is_rating(name)])
        self._lay_out()
        self._connect()
        self._show_recent()
        self._show_page(WELCOME)

    # Going about.

    @property
    def page(self) -> str:
        """Id of the page in front."""
        return next(name for name, page in self._pages.items() if page is self._stack.currentWidget())

    @property
    def study(self) -> OpenedStudy | None:
        """The open study."""
        return self._opened

    def page_widget(self, name: str) -> Page:
        """A page, made now if it was never entered."""
        if name not in self._pages:
            made = MAKERS[name](self.context)
            self._pages[name] = made
            self._stack.addWidget(made)
            created = getattr(made, "created", None)
            if created is not None:
                created.connect(self.acts.open)
        return self._pages[name]

    def go(self, name: str) -> None:
        """Bring a page to the front, if the one in front lets go."""
        if self._opened is None and name not in (WELCOME, SETUP):
            return
        if name != self.page and not self._pages[self.page].leave():
            self.nav.set_current(self.page)
            return
        page = self.page_widget(name)
        self._show_page(name)
        page.enter()
        if self._opened is not None and name != WELCOME:
            self.acts.keep_page(name)

    def trigger(self, command: str) -> None:
        """Do what a menu, a key, a button or the palette asks."""
        area, _, rest = command.partition(".")
        if area == "page":
            self.go(rest)
        elif area == RATE:
            self.rate.actions_by_id[command].trigger()
        elif command in CHECKED:
            self._set_theme(CHECKED[command])
        else:
            self._commands()[command]()

    def _commands(self) -> dict[str, Callable[[], object]]:
        acts = self.acts
        return {
            "study.new": self._new_study,
            "study.open": acts.choose_and_open,
            "study.demo": lambda: acts.demo(paths.default_study_folder()),
            "study.save_copy": lambda: acts.save_copy(self._opened.title if self._opened else ""),
            "study.import": lambda: acts.import_file(self._enter_again),
            "study.close": self._close_study,
            "study.unblind": acts.unblind,
            "study.check": acts.check,
            "app.quit": self.close,
            "app.palette": self._show_palette,
            "app.keys": self._show_keys,
            "app.about": lambda: AboutDialog(self).open(),
            "view.find": lambda: self._pages[self.page].find_text(),
            "view.zoom_in": lambda: self._zoom(1),
            "view.zoom_out": lambda: self._zoom(-1),
            "view.zoom_reset": lambda: self._set_zoom(1.0),
            "view.full_screen": self._toggle_full_screen,
        }

    # Studies.

    def _new_study(self) -> None:
        if self._pages[self.page].leave():
            self.acts.close(partial(self.go, SETUP))

    def _close_study(self) -> None:
        if self._pages[self.page].leave():
            self.acts.close()

    def _on_opened(self, study: OpenedStudy) -> None:
        self._leave_study()
        self._opened = study
        self.bar.clear()
        self._keeper.put(self._keeper.now.with_recent(study.path))
        self._show_recent()
        self.nav.set_title(study.title)
        self.go(study.page)

    def _on_failed_to_open(self, error: FTCompareError, again: Callable[[], None]) -> None:
        self.bar.show_error(error, self.tr("Try again"), again)
        self._show_recent()

    def _on_closed(self) -> None:
        self._leave_study()
        self._show_recent()
        self._show_page(WELCOME)

    def _leave_study(self) -> None:
        """Nothing of a study stays on any page; whatever is under way for it ends."""
        self._opened = None
        self._show_page(WELCOME)
        self.rate.forget()
        for name in [name for name in self._pages if name not in (WELCOME, RATE)]:
            page = self._pages.pop(name)
            self._stack.removeWidget(page)
            shut_down = getattr(page, "shut_down", None)
            if shut_down is not None:
                shut_down()
            page.deleteLater()

    def _on_unblinded(self) -> None:
        self.bar.show_good(self.tr("The systems go by their names from now on."))
        self._study_changed()
        if self.page in ("results", "terms", "export"):
            self._enter_again()
        else:
            self.go("results")

    def _study_changed(self) -> None:
        if self._opened is not None:
            self.acts.refresh()

    def _on_refreshed(self, study: OpenedStudy) -> None:
        self._opened = study
        self.nav.set_title(study.title)
        self._sync()

    def _enter_again(self) -> None:
        self._pages[self.page].enter()

    # What is shown.

    def _lay_out(self) -> None:
        self.setMinimumSize(*SMALLEST)
        self.resize(QSize(*FIRST_SIZE).boundedTo(self.screen().availableSize()))
        self.setAcceptDrops(True)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.nav)
        column.addWidget(self.bar)
        column.addWidget(self._stack, 1)
        self.setCentralWidget(middle)
        if self._keeper.now.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self._keeper.now.geometry.encode()))

    def _connect(self) -> None:
        self.nav.chosen.connect(self.go)
        self.welcome.open_asked.connect(self.acts.open)
        self.welcome.forget_asked.connect(self._forget)
        self.acts.opened.connect(self._on_opened)
        self.acts.failed_to_open.connect(self._on_failed_to_open)
        self.acts.closed.connect(self._on_closed)
        self.acts.refreshed.connect(self._on_refreshed)
        self.acts.unblinded.connect(self._on_unblinded)
        self.acts.busy.connect(self._show_busy)
        self._tasks.failure.connect(self.bar.show_error)

    def _show_page(self, name: str) -> None:
        self._stack.setCurrentWidget(self._pages[name])
        self.nav.setVisible(self._opened is not None and name not in (WELCOME, RATE))
        self.nav.set_current(name)
        self._sync()

    def _sync(self) -> None:
        """Title, and which commands can be used. While rating nothing shows but the study's title."""
        rating = self.page == RATE
        title = self._opened.title if self._opened is not None else ""
        self.setWindowTitle(title if rating else f"{title} – {NAME}" if title else NAME)
        for command in COMMANDS:
            if command.when is When.STUDY_OPEN:
                self.actions_by_id[command.id].setEnabled(self._opened is not None)
        self._recent.menuAction().setEnabled(bool(self._keeper.now.recent) and not rating)
        for command_id, mode in CHECKED.items():
            self.actions_by_id[command_id].setChecked(self._theme.mode == mode)

    def _show_busy(self, words: str) -> None:
        if words:
            self.bar.show_note(words)
        elif self._busy:
            self.bar.clear()
        self._busy = bool(words)

    def _show_recent(self) -> None:
        recent = [Path(text) for text in self._keeper.now.recent]
        self.welcome.set_recent(recent)
        self._recent.clear()
        for path in recent:
            self._recent.addAction(path.stem, partial(self.acts.open, path))
        self._recent.menuAction().setEnabled(bool(recent))

    def _forget(self, path: Path) -> None:
        kept = tuple(text for text in self._keeper.now.recent if text != str(path))
        self._keeper.change(recent=kept)
        self._show_recent()

    def _show_palette(self) -> None:
        entries = [
            Entry(title_of(c), key_words(self._keys.get(c.id, "")), self.actions_by_id[c.id])
            for c in COMMANDS
            if self.actions_by_id[c.id].isEnabled() and c.id != "app.palette"
        ]
        palette = CommandPalette(entries, self)
        palette.show()
        palette.field.setFocus()

    def _show_keys(self) -> None:
        if self.page == RATE and self.rate.actions_by_id["rate.keys"].isEnabled():
            self.rate.actions_by_id["rate.keys"].trigger()
            return
        titles = {name: self.tr(name) for name in MENUS} | {"": self.tr("Rate")}
        groups = [
            (
                title,
                [
                    (title_of(c), key_words(self._keys[c.id]))
                    for c in COMMANDS
                    if c.menu == menu and self._keys.get(c.id)
                ],
            )
            for menu, title in titles.items()
        ]
        KeysDialog(groups, self).open()

    def _zoom(self, step: int) -> None:
        place = ZOOM_STEPS.index(self._theme.zoom) + step
        if 0 <= place < len(ZOOM_STEPS):
            self._set_zoom(ZOOM_STEPS[place])

    def _set_zoom(self, zoom: float) -> None:
        self._theme.set_zoom(zoom)
        self._keeper.change(zoom=zoom)

    def _set_theme(self, mode: str) -> None:
        self._theme.set_mode(mode)
        self._keeper.change(theme=mode)
        self._sync()

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # Qt.

    def closeEvent(self, event: QCloseEvent) -> None:
        """Whatever is typed is on its way to the study before the window goes."""
        if not self._pages[self.page].leave():
            event.ignore()
            return
        self._keeper.change(geometry=self.saveGeometry().toBase64().toStdString())
        self._leave_study()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a study file."""
        if _dropped_study(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open it."""
        path = _dropped_study(event)
        if path is not None:
            event.acceptProposedAction()
            self.acts.open(path)


def _is_rating(command: str) -> bool:
    return command.startswith(f"{RATE}.")


def _dropped_study(event: QDropEvent) -> Path | None:
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return next((path for path in files if path.suffix == paths.STUDY_SUFFIX), None)
