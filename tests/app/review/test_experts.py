"""Who marks and corrects: found whatever the case of the name, and told of pairs that are left to rate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.raters.packs import make_pack
from ftcompare.app.review.answer_names import expert_names, find_expert, names_by_expert, still_to_rate
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS


def test_an_expert_is_found_whatever_the_case_of_the_name(study: StudyFile) -> None:
    eve, maxim = study.annotations.expert("Eve"), study.annotations.expert("Max")
    assert expert_names(study) == ("Eve", "Max")
    assert find_expert(study, " EVE ") == eve.id
    jose = study.annotations.expert("José")
    for spelled in ("JOSE\u0301", " josé\u2003", "Jose\u0301 "):
        assert find_expert(study, spelled) == jose.id == study.annotations.expert(spelled).id
    assert find_expert(study, "Eva") is None
    assert names_by_expert(study) == {eve.id: "Eve", maxim.id: "Max", jose.id: "José"}


def test_an_expert_with_pairs_to_rate_is_told_how_many(study: StudyFile, now: datetime) -> None:
    ada = study.raters.add("Ada")
    assert still_to_rate(study, "Ada") is None
    study.allocations.draw(ada.id, rng=Random(1), now=now)
    item = study.judgments.next_item(ada.id)
    assert item is not None
    study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=now)
    left = still_to_rate(study, "ada ")
    assert left is not None
    assert (left.name, left.pairs) == ("Ada", PROMPTS - 1)
    assert left.words.startswith(f"Ada still has {PROMPTS - 1} pairs to rate.")
    assert still_to_rate(study, "Ben") is None
    study.settings.unblind(reason="done", now=now)
    assert still_to_rate(study, "Ada") is None


def test_pairs_in_a_pack_that_is_out_are_left_to_rate(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    make_pack(study, tmp_path / "cleo.ftpack", "Cleo", rng=Random(7), now=now)
    left = still_to_rate(study, "Cleo")
    assert left is not None
    assert left.pairs == PROMPTS
