"""From judged pairs to a new adapter and back: export, train with TRL and PEFT, judge the new adapter.

``python docs/recipes/train_on_preferences.py --work DIR`` runs it on the demo model, with a scripted rater in
the place of people. What you would type yourself is printed as it runs; train_on_preferences.md explains it.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from ftcompare.app.rate.rating_session import study_session
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.store.study.study_file import StudyFile

RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "demo"
CLINICAL = (
    "cardiac",
    "ventricular",
    "atrial",
    "vascular",
    "coronary",
    "hypertension",
    "myocardial",
    "stenosis",
)
FORMATS = {"dpo": "trl-preference", "kto": "trl-unpaired"}
NAME = "trained"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the whole loop."""
    options = read_options(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    study, rows = options.work / "demo.ftstudy", options.work / "rows.jsonl"
    ftcompare("demo", "--dir", options.work, "--no-window", "--prompts", options.prompts)
    judge(study, "Ada", more_clinical)
    ftcompare("export", study, rows, "--format", FORMATS[options.method], "--include-cut", "--replace")
    adapter = train(options.method, rows, options.work / NAME, steps=options.steps)
    ftcompare("prompts", "add", study, "--system", f"{NAME}={adapter}")
    ftcompare("generate", study, "--limit", 3 * options.prompts)
    judge(study, "Ada", more_clinical)
    ftcompare("unblind", study, "--reason", "both rounds are judged")
    tell(study)


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="an empty folder")
    parser.add_argument("--method", choices=FORMATS, default="dpo")
    parser.add_argument("--steps", type=int, default=60, help="of training")
    parser.add_argument("--prompts", type=int, default=40, help="to write pairs for")
    return parser.parse_args(arguments)


def ftcompare(*words: object) -> str:
    """Run a command of FTCompare; what it printed."""
    texts = [str(word) for word in words]
    print("$ ftcompare", shlex.join(texts), flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "ftcompare", *texts], check=True, capture_output=True, text=True
    )
    return done.stdout


def more_clinical(left: str, right: str) -> Choice:
    """What the scripted rater prefers: the answer with more clinical words; the same number is a tie."""
    counts = [sum(text.lower().count(word) for word in CLINICAL) for text in (left, right)]
    if counts[0] == counts[1]:
        return Choice.TIE
    return Choice.LEFT if counts[0] > counts[1] else Choice.RIGHT


def judge(study: Path, rater: str, prefer: Callable[[str, str], Choice]) -> None:
    """Judge all that is written, as people do on the page Rate: side by side, without names."""
    now = datetime.now(UTC)
    count = 0
    with StudyFile.open(study, now=now) as file:
        session = study_session(file, rater, clock=lambda: datetime.now(UTC), rng=Random(1))
        while item := session.view().item:
            session.judge(item.allocation, Verdict(prefer(item.left, item.right)))
            count += 1
    print(f"  {rater} judged {count} pairs", flush=True)


def train(method: str, rows: Path, folder: Path, *, steps: int, seed: int = 0) -> Path:
    """Train a LoRA adapter of the demo base on exported rows; its folder."""
    import torch
    from datasets import load_dataset  # type: ignore[import-untyped]
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer  # type: ignore[attr-defined]

    torch.manual_seed(seed)
    settings: dict[str, Any] = {
        "output_dir": str(folder / "runs"),
        "seed": seed,
        "max_steps": steps,
        "per_device_train_batch_size": 4,
        "learning_rate": 1e-3,
        "beta": 0.1,
        "use_cpu": not torch.cuda.is_available(),
        "bf16": False,
        "report_to": [],
        "save_strategy": "no",
        "logging_steps": max(steps // 4, 1),
        "disable_tqdm": True,
    }
    base = RESOURCES / "base"
    make, config = {"dpo": (DPOTrainer, DPOConfig), "kto": (KTOTrainer, KTOConfig)}[method]
    trainer = make(
        model=AutoModelForCausalLM.from_pretrained(base),
        args=config(**settings),
        train_dataset=load_dataset("json", data_files=str(rows), split="train"),
        processing_class=AutoTokenizer.from_pretrained(base),
        peft_config=LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    trainer.train()
    trainer.save_model(str(folder))
    return folder


def tell(study: Path) -> None:
    """How often the new adapter was preferred to each of the others."""
    results = json.loads(ftcompare("results", study, "--json"))
    for pair in results["comparisons"]:
        if NAME in (pair["a"], pair["b"]):
            new, old = ("b", "a") if pair["b"] == NAME else ("a", "b")
            share = pair["win_rate_b"]["value"] if new == "b" else 1 - pair["win_rate_b"]["value"]
            wins = f"{pair[f'wins_{new}']} won, {pair[f'wins_{old}']} lost, {pair['ties']} about equal"
            print(f"  {NAME} against {pair[old]}: win rate {share:.0%} ({wins})")


if __name__ == "__main__":
    main()
