"""The real application while somebody rates: nothing it writes, logs or shows tells systems apart."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app import application_paths, user_settings
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer

RATER = Path(__file__).parent / "rater.py"
GENERATED = datetime(2019, 3, 14, 15, 9, 26, 535000, tzinfo=UTC)
PAIRS = 20
BASE = SystemSpec("Plainsong", SystemKind.BASE, "/models/quartz-base")
TUNED = SystemSpec("Tunesmith", SystemKind.ADAPTER, "/models/quartz-base", "/adapters/obsidian")
ADAPTER_DIGEST = "ad5e1f" * 10
SECRETS = (
    *("Plainsong", "Tunesmith", "quartz", "obsidian", ADAPTER_DIGEST, "abacus-9"),
    *("15:09:26", "2019-03-14", "271828"),
)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study whose systems, places, digests and times can be told from anything else."""
    path = tmp_path / "review.ftstudy"
    with StudyFile.create(path, title="Hearts", scale=Scale(), rng=Random(1), now=GENERATED) as made:
        systems = [made.systems.add(spec) for spec in (BASE, TUNED)]
        run = made.runs.start({"adapter": ADAPTER_DIGEST, "device": "abacus-9"}, now=GENERATED)
        specs = [PromptSpec(f"p{n}", (Message("user", f"Question {n}?"),)) for n in range(PAIRS)]
        for prompt in made.prompts.add(specs):
            answer(
                made,
                prompt,
                (f"Answer {n} to {prompt.spec.key}" for n, _ in enumerate(systems)),
                run=run,
                tokens=271828,
            )
        made.settings.set_rating(Scale(), RatingDesign(repeats=0.1, controls=0.1), now=GENERATED)
    return path


def digests(path: Path) -> list[str]:
    """Of responses, prompts and runs, which would tell the same text apart from another."""
    with closing(sqlite3.connect(path)) as raw:
        found = [row[0] for row in raw.execute("SELECT digest FROM responses")]
        return found + [row[0] for row in raw.execute("SELECT nonce || '' FROM draws")]


def everything_written(home: Path, told: Path) -> Iterator[tuple[str, bytes]]:
    """Every file but the study itself and its backups, which are studies."""
    for file in home.rglob("*"):
        if file.is_file() and file.suffix != application_paths.STUDY_SUFFIX:
            yield str(file.relative_to(home)), file.read_bytes()
    for stage, words in json.loads(told.read_text(encoding="utf-8")).items():
        yield stage, "\n".join(words).encode()


def test_nothing_written_logged_or_shown_while_rating_tells_systems_apart(
    study: Path, own_home: Path, tmp_path: Path
) -> None:
    chosen = replace(user_settings.load(application_paths.settings_file()), rater="Ada", reading_moment=0.0)
    user_settings.save(application_paths.settings_file(), chosen)
    told = tmp_path / "told.json"
    secret = f"{BASE.name} {TUNED.adapter}"
    ran = subprocess.run(
        [sys.executable, str(RATER), str(study), str(told), secret],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "FTCOMPARE_HOME": str(own_home)},
        capture_output=True,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    places = [*everything_written(own_home, told), ("stdout", ran.stdout), ("stderr", ran.stderr)]

    names = [name for name, _ in places]
    assert "settings.json" in names
    assert {"rating, 0 left", "report in the window", "report on the study's thread", "closed"} <= set(names)
    assert b"review.ftstudy" in dict(places)["settings.json"], "the settings are not those of this sitting"
    assert b"ValueError" in ran.stderr, "the errors were not logged"
    with StudyFile.open(study, now=GENERATED) as opened:
        assert opened.counts().judgments == 6

    searched = [*SECRETS, *digests(study)]
    assert len(searched) > 2 * PAIRS
    found = [
        f"{secret} in {place}"
        for place, content in places
        for secret in searched
        if secret.encode() in content or secret.encode("utf-16-le") in content
    ]
    assert found == []
