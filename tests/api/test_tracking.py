"""Results logged to MLflow and Weights & Biases: by a recorder, and (slow) by the libraries themselves."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import ftcompare
from tests.api.conftest import Install

GATE = {"system": "meta/tuned", "against": "base", "min_prompts": 10, "min_raters": 9}
PAIR = "ftcompare/meta_tuned vs base"


class Recorder:
    """Keeps what a library is called with, and the text of files at that time."""

    def __init__(self) -> None:
        self.metrics: dict[str, float] = {}
        self.facts: dict[str, Any] = {}
        self.files: dict[str, str] = {}

    def log(self, metrics: dict[str, float]) -> None:
        self.metrics |= metrics

    def update(self, facts: dict[str, Any], **_options: object) -> None:
        self.facts |= facts

    def keep(self, path: str, *_place: str) -> None:
        self.files[Path(path).name] = Path(path).read_text("utf-8")


@pytest.fixture
def mlflow(installed: Install) -> Recorder:
    made = Recorder()
    installed("mlflow", log_metrics=made.log, set_tags=made.update, log_artifact=made.keep)
    return made


def require_logged(metrics: dict[str, float]) -> None:
    """The figures of 36 votes: 18 for the fine-tune, 6 for the base, 12 ties and both bad."""
    assert metrics[f"{PAIR}/win_rate"] == pytest.approx(24 / 36)
    assert 0 < metrics[f"{PAIR}/win_rate_low"] < 24 / 36 < metrics[f"{PAIR}/win_rate_high"] < 1
    counts = ("wins", "losses", "ties", "both_bad", "judgments", "prompts")
    assert [metrics[f"{PAIR}/{name}"] for name in counts] == [18, 6, 6, 6, 36, 12]
    assert metrics["ftcompare/judgments"] == 36
    assert metrics["ftcompare/release_check"] == 0
    assert metrics["ftcompare/release_check/min_prompts"] == 1
    assert metrics["ftcompare/release_check/min_raters"] == 0


def test_mlflow_gets_figures_release_check_and_report(study: Path, mlflow: Recorder) -> None:
    with ftcompare.open_study(study) as opened:
        assert ftcompare.log_to_mlflow(opened, gate=GATE) == mlflow.metrics
    require_logged(mlflow.metrics)
    assert mlflow.facts["ftcompare.title"] == "Votes"
    assert mlflow.facts["ftcompare.release_check"] == "failed: min_raters"
    assert "meta/tuned" in mlflow.files["ftcompare-report.html"]


def test_without_release_check_and_report_only_figures_are_logged(study: Path, mlflow: Recorder) -> None:
    with ftcompare.open_study(study) as opened:
        ftcompare.log_to_mlflow(opened, report=False)
    assert not any("release_check" in name for name in (*mlflow.metrics, *mlflow.facts))
    assert mlflow.files == {}


def test_wandb_gets_figures_release_check_and_report(study: Path, installed: Install) -> None:
    made = Recorder()
    logged: list[object] = []
    artifact = SimpleNamespace(add_file=made.keep)
    run = SimpleNamespace(log=made.log, config=made, log_artifact=logged.append)
    library = installed("wandb", run=None, Artifact=lambda _name, **_options: artifact)
    with ftcompare.open_study(study) as opened:
        with pytest.raises(ftcompare.UserError) as caught:
            ftcompare.log_to_wandb(opened)
        assert caught.value.code == "no-run"
        vars(library)["run"] = run
        ftcompare.log_to_wandb(opened, gate=GATE)
    require_logged(made.metrics)
    assert made.facts["ftcompare"]["release_check"] == "failed: min_raters"
    assert "meta/tuned" in made.files["ftcompare-report.html"]
    assert logged == [artifact]


def test_a_library_that_is_missing_is_named(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.core.optional_module.find_spec", lambda _name: None)
    with ftcompare.open_study(study) as opened:
        for log in (ftcompare.log_to_mlflow, ftcompare.log_to_wandb):
            with pytest.raises(ftcompare.EnvironmentFault) as caught:
                log(opened)
            assert caught.value.code == "no-tracking"


def real(library: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(library) is None
    return pytest.mark.skipif(missing, reason=f"{library} is not installed")


@pytest.mark.slow
@real("mlflow")
@pytest.mark.filterwarnings("default")
def test_mlflow_itself_stores_the_run(study: Path, tmp_path: Path) -> None:
    mlflow: Any = importlib.import_module("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("votes", (tmp_path / "kept").as_uri()))
    with ftcompare.open_study(study) as opened, mlflow.start_run() as run:
        ftcompare.log_to_mlflow(opened, gate=GATE)
    stored = mlflow.get_run(run.info.run_id).data
    require_logged(stored.metrics)
    assert stored.tags["ftcompare.release_check"] == "failed: min_raters"
    assert [one.name for one in (tmp_path / "kept").rglob("*.html")] == ["ftcompare-report.html"]


@pytest.mark.slow
@real("wandb")
@pytest.mark.filterwarnings("default")
def test_wandb_itself_stores_the_run(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MODE": "offline", "SILENT": "true", "DATA_DIR": str(tmp_path / "data")}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    wandb: Any = importlib.import_module("wandb")
    with wandb.init(project="votes", dir=str(tmp_path)) as run:
        with ftcompare.open_study(study) as opened:
            ftcompare.log_to_wandb(opened, gate=GATE)
        require_logged({name: run.summary[name] for name in run.summary.keys()})  # noqa: SIM118 - no mapping
        assert run.config["ftcompare"]["title"] == "Votes"
    (written,) = tmp_path.rglob("*.wandb")
    assert b"ftcompare-report" in written.read_bytes()
