"""``ftcompare export --hub``: a folder is uploaded to a data set of a hub, only with consent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pytest
from huggingface_hub import constants

from ftcompare.cli.main import run
from tests.app.voted_study import voted, voted_study
from tests.builders import errors_of

NAME = "heart/preferences"


@dataclass
class Hub:
    """A hub that keeps what is sent to it, and may refuse it."""

    url: str = ""
    status: int = 200
    asked: list[str] = field(default_factory=list)
    created: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def answer(self, path: str, body: bytes) -> Any:
        if path == "/api/repos/create":
            self.created = json.loads(body)
            return {"url": f"{self.url}/datasets/{NAME}", "name": NAME, "id": "1"}
        if path.endswith("/preupload/main"):
            given = [one["path"] for one in json.loads(body)["files"]]
            return {
                "files": [{"path": path, "uploadMode": "regular", "shouldIgnore": False} for path in given]
            }
        if path.endswith("/commit/main"):
            lines = [json.loads(line) for line in body.splitlines() if line]
            sent = [line["value"] for line in lines if line["key"] == "file"]
            self.files = {one["path"]: base64.b64decode(one["content"]) for one in sent}
            return {"commitUrl": f"{self.url}/datasets/{NAME}/commit/1", "commitOid": "1", "success": True}
        return {"id": NAME, "sha": "0", "siblings": [], "private": True}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    known = Hub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is written to stderr."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            known.asked.append(f"{self.command} {self.path}")
            path = self.path.partition("?")[0]
            if NAME in path or path == "/api/repos/create":  # the client may send others for itself
                known.tokens.add(self.headers.get("Authorization", ""))
            data = json.dumps(known.answer(path, body) if known.status == 200 else {"error": "no"}).encode()
            self.send_response(known.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", known.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    Thread(target=server.serve_forever, daemon=True).start()
    yield known
    server.shutdown()
    server.server_close()


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Path:
    path = tmp_path / "s.ftstudy"
    votes = [voted(f"What is {number}?", "Ann", "b") for number in range(6)]
    voted_study(path, votes, Random(1), now).close()
    return path


def test_the_files_of_an_export_are_uploaded_to_a_private_data_set(
    study: Path, tmp_path: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "rows"
    command = ["export", str(study), str(folder), "--format", "dataset"]
    assert run([*command, "--hub", NAME, "--agree", NAME]) == 0
    assert f"Uploaded to {hub.url}/datasets/{NAME}." in capsys.readouterr().out
    assert (hub.created["type"], hub.created["visibility"]) == ("dataset", "private")
    assert hub.tokens == {"Bearer hf_secret"}
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert hub.files == {path.relative_to(folder).as_posix(): path.read_bytes() for path in written}
    assert "README.md" in hub.files


@pytest.mark.parametrize(
    ("form", "options", "words"),
    [
        ("dataset", ["--hub", NAME], f"add --agree {NAME}"),
        ("dataset", ["--hub", NAME, "--agree", "heart/other"], f"add --agree {NAME}"),
        ("dataset", ["--hub", "not a name", "--agree", "not a name"], "not the name of a data set"),
        ("dataset", ["--agree", NAME], "--agree requires --hub."),
        ("trl-preference", ["--hub", NAME, "--agree", NAME], "writes a file"),
    ],
)
def test_nothing_is_written_or_sent_without_consent(
    study: Path, tmp_path: Path, hub: Hub, capsys: pytest.CaptureFixture[str],
    form: str, options: list[str], words: str,
) -> None:  # fmt: skip
    target = tmp_path / "rows"
    command = ["export", str(study), str(target), "--format", form, *options]
    assert words in errors_of(capsys, command, 2)
    assert hub.asked == []
    assert not target.exists()


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_hub_that_refuses_is_named_and_the_files_stay(
    study: Path, tmp_path: Path, hub: Hub, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    hub.status, folder = status, tmp_path / "rows"
    command = ["export", str(study), str(folder), "--format", "dataset", "--hub", NAME, "--agree", NAME]
    said = errors_of(capsys, command, 2)
    assert f"refused the upload (status {status})" in said
    assert "hf auth login" in said
    assert (folder / "README.md").is_file()
