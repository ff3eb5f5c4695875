"""How a study is rated, on the command line: a TOML file in, the plan in words out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.app.application_paths import demo_resources
from ftcompare.cli.main import run
from ftcompare.core.scale import ScaleKind
from tests.builders import output_of


def new(study: Path, prompts: Path, rating: str) -> int:
    file = study.with_name("rating.toml")
    file.write_text(rating, encoding="utf-8")
    demo = demo_resources()
    systems = ["--base", str(demo / "base"), "--adapter", str(demo / "adapter")]
    return run(["new", str(study), *systems, "--prompts", str(prompts), "--rating", str(file)])


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.csv"
    rows = "".join(f"Question {n}?,heart,2\n" for n in range(60))
    path.write_text(f"prompt,category,level\n{rows}", encoding="utf-8")
    return path


def test_a_study_is_made_with_its_rating_and_told_in_words(
    tmp_path: Path, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "s.ftstudy"
    (tmp_path / "g.jsonl").write_text('{"prompt": "Why?", "better": "A", "worse": "B"}', encoding="utf-8")
    settings = [
        'question = "Which would you send?"',
        'criteria = ["accuracy", "safety"]',
        "raters = 3",
        "judgments_per_pair = 2",
        "repeats = 0.1",
        "gold = 0.05",
        'gold_file = "g.jsonl"',
        "guesses_at_end = 5",
    ]
    assert new(study, prompts, "\n".join(settings)) == 0
    made = capsys.readouterr()
    assert (
        "60 prompts × 3 raters, 2 judgments per pair: 46 pairs per rater with 4 repeats and 2 checks"
        in made.out
    )
    assert "Note: FTCompare does not use this column: 'level' (prompts.csv, line 2)." in made.err
    told = output_of(capsys, ["info", str(study)])
    for name, value in (
        ("Question", "Which would you send?"),
        ("Criteria", "accuracy, safety"),
        ("Planned for", "3 raters, 2 judgments per pair"),
        ("Checks", "10% hidden repeats, 5% known-answer checks"),
        ("Guesses", "5 at the end"),
    ):
        assert [
            line.split(None, len(name.split()))[-1] for line in told.splitlines() if line.startswith(name)
        ] == [value]
    assert "Plan " in told


def test_a_setting_that_there_is_not_leaves_no_study(
    tmp_path: Path, prompts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "s.ftstudy"
    assert new(study, prompts, "repeat = 0.1") == 2
    assert "'repeat' is no setting" in capsys.readouterr().err
    assert not study.exists()


@pytest.mark.parametrize("kind", [kind.value for kind in ScaleKind if kind is not ScaleKind.PAIRS])
def test_a_study_without_pairs_is_made_without_a_plan(
    tmp_path: Path, prompts: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    study = tmp_path / "s.ftstudy"
    assert new(study, prompts, f'shown_at_a_time = "{kind}"') == 0
    made = capsys.readouterr()
    assert made.out.startswith(f"Made {study}: ")
    assert "Next: " in made.out
    assert "planner" not in made.out + made.err
