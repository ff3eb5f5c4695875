"""A study whose packs let raters mark errors; files of tests with a study of their own replace it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftcompare.store.study.study_file import StudyFile
from tests.store.pack.marked_packs import PLAIN_DESIGN, add, judged, take_back
from tests.store.pack.pack_studies import new_study


@pytest.fixture
def study(tmp_path: Path) -> Iterator[StudyFile]:
    with new_study(tmp_path / "study-in-folder.ftstudy", PLAIN_DESIGN) as made:
        yield made


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[tuple[StudyFile, Path]]:
    with new_study(tmp_path / "m.ftstudy", PLAIN_DESIGN) as study:
        pack = judged(study)
        add(pack, 1, 2, 3)
        take_back(pack, 2)
        yield study, pack
