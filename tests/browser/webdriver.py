"""Chromium and Firefox as a user has them, driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/).

Firefox speaks it by itself, Chromium through its chromedriver. Keys are pressed, and pages are looked at;
nothing of the page is called.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import connect

from tests.limits import HANG

PATIENCE = HANG
"""Seconds that a browser may take on a busy machine."""

UNFINISHED = (".part", ".crdownload")
"""Endings of files that a browser is still saving."""

KEYS = {
    "Left": "\ue012",
    "Up": "\ue013",
    "Right": "\ue014",
    "Down": "\ue015",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Shift": "\ue008",
    "Control": "\ue009",
    "Space": " ",
    "Tab": "\ue004",
    "Alt": "\ue00a",
    "Backspace": "\ue003",
    "PageUp": "\ue00e",
    "PageDown": "\ue00f",
    "End": "\ue010",
    "Home": "\ue011",
    "Delete": "\ue017",
    "F3": "\ue033",
}
"""As WebDriver spells them (https://www.w3.org/TR/webdriver/#keyboard-actions)."""


class Browser:
    def __init__(self, process: subprocess.Popen[str], address: str, held: ExitStack) -> None:
        self._process, self._held = process, held
        self._link = held.enter_context(connect(address, max_size=None, open_timeout=PATIENCE))
        self._number = 0
        self.context = ""

    @classmethod
    def chromium(cls, profile: Path, downloads: Path, *, private: bool = False) -> Self:
        held = ExitStack()
        driver = _started(held, "/usr/bin/chromedriver", "--port=0")
        port = _told(driver.stdout, r"successfully on port (\d+)")
        arguments = ["--headless=new", "--no-sandbox", f"--user-data-dir={profile}", "--window-size=1280,720"]
        options = {
            "binary": "/usr/bin/chromium",
            "args": [*arguments, "--disable-gpu", "--disable-dev-shm-usage", *["--incognito"] * private],
            "prefs": {"download.default_directory": str(downloads)},
        }
        wanted = {"browserName": "chrome", "webSocketUrl": True, "goog:chromeOptions": options}
        body = json.dumps({"capabilities": {"alwaysMatch": wanted}}).encode()
        address = f"http://127.0.0.1:{port}/session"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            session = json.load(answer)["value"]
        return cls(driver, session["capabilities"]["webSocketUrl"], held)._ready()

    @classmethod
    def firefox(cls, profile: Path, downloads: Path, *, private: bool = False) -> Self:
        profile.mkdir(exist_ok=True)
        settings = {
            "browser.download.folderList": 2,
            "browser.download.dir": str(downloads),
            "browser.download.useDownloadDir": True,
            "browser.download.always_ask_before_handling_new_types": False,
            "browser.shell.checkDefaultBrowser": False,
            "datareporting.policy.dataSubmissionEnabled": False,
            "app.update.auto": False,
        }
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
        (profile / "user.js").write_text("\n".join(lines), "utf-8")
        command = ["/usr/bin/firefox-esr", "--headless", "--no-remote", "--profile", str(profile)]
        command += ["--width", "1280", "--height", "720", "--remote-debugging-port", "0"]
        command += [*["--private-window"] * private, "about:blank"]
        held = ExitStack()
        process = _started(held, *command)
        address = _told(process.stdout, r"WebDriver BiDi listening on (ws://\S+)")
        browser = cls(process, f"{address}/session", held)
        browser.send("session.new", {"capabilities": {}})
        browser._ready().new_tab()  # in the first one the focus stays in the address bar
        return browser

    def _ready(self) -> Self:
        self.context = self.send("browsingContext.getTree", {})["contexts"][0]["context"]
        return self

    def send(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        self._link.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._link.recv(timeout=PATIENCE))
            if answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                found: dict[str, Any] = answer["result"]
                return found

    def open(self, path: Path) -> None:
        """Go to a file, as by a double click."""
        parameters = {"context": self.context, "url": path.as_uri(), "wait": "complete"}
        self.send("browsingContext.navigate", parameters)

    def before_each_page(self, script: str) -> None:
        """Run a script in each page that is opened from now on, before its own."""
        self.send("script.addPreloadScript", {"functionDeclaration": f"() => {{ {script} }}"})

    def new_tab(self) -> str:
        before = self.context
        self.context = self.send("browsingContext.create", {"type": "tab"})["context"]
        return before

    def look(self, expression: str) -> Any:
        """The value of an expression in the page: a text, a number, a truth value or None."""
        parameters = {"expression": expression, "target": {"context": self.context}, "awaitPromise": True}
        found = self.send("script.evaluate", parameters)
        assert found["type"] == "success", found
        return found["result"].get("value")

    def text(self) -> str:
        return str(self.look("document.body.innerText"))

    def wait(self, expression: str) -> None:
        until = time.monotonic() + PATIENCE
        while not self.look(f"Boolean({expression})"):
            assert time.monotonic() < until, f"{expression}\n{self.text()}"
            time.sleep(0.02)

    def wait_text(self, words: str) -> None:
        self.wait(f"document.body.innerText.includes({json.dumps(words)})")

    def press(self, *keys: str) -> None:
        """Keys at once, the last of which is pressed while the others are held, such as Control and z."""
        spelled = [KEYS.get(key, key) for key in keys]
        acts = [{"type": "keyDown", "value": key} for key in spelled]
        acts += [{"type": "keyUp", "value": key} for key in reversed(spelled)]
        actions = [{"type": "key", "id": "keyboard", "actions": acts}]
        self.send("input.performActions", {"context": self.context, "actions": actions})

    def type(self, text: str) -> None:
        for character in text:
            self.press(character)

    def click(self, element: str) -> None:
        """Click an element by its id, where it is on the screen."""
        box = f"document.getElementById({json.dumps(element)}).getBoundingClientRect()"
        sides = (("left", "width"), ("top", "height"))
        x, y = (round(self.look(f"{box}.{side} + {box}.{size} / 2")) for side, size in sides)
        acts = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        actions = [{"type": "pointer", "id": "mouse", "actions": acts}]
        self.send("input.performActions", {"context": self.context, "actions": actions})

    def picture(self, path: Path) -> None:
        """Keep what is on the screen."""
        found = self.send("browsingContext.captureScreenshot", {"context": self.context})
        path.write_bytes(base64.b64decode(found["data"]))

    def kill(self) -> None:
        """End it as a crash does, without a word to the page."""
        _kill(self._process)

    def close(self) -> None:
        """End it, whatever it does."""
        _kill(self._process)
        self._held.close()


def _told(stream: Any, pattern: str) -> str:
    """What a program says of itself on a line of its output."""
    for line in stream:
        if found := re.search(pattern, line):
            return found.group(1)
    raise AssertionError("the browser did not start")


def _started(held: ExitStack, *command: str) -> subprocess.Popen[str]:
    """A program in a session of its own, so that all that it starts can be ended."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    held.enter_context(process)
    return process


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def saved_file(downloads: Path, pattern: str, more_than: int = 0) -> Path:
    """The newest file that a browser has saved, once there are more than so many and all are whole."""
    until = time.monotonic() + PATIENCE
    while True:
        found = [path for path in downloads.glob(pattern) if path.stat().st_size]
        unfinished = [path for ending in UNFINISHED for path in downloads.glob(f"*{ending}")]
        if len(found) > more_than and not unfinished:
            return max(found, key=lambda path: path.stat().st_mtime_ns)
        assert time.monotonic() < until, list(downloads.iterdir())
        time.sleep(0.05)


def installed(name: str) -> bool:
    needed = {"chromium": ("chromium", "chromedriver"), "firefox": ("firefox-esr",)}[name]
    return all(map(shutil.which, needed))
