"""How well the check ``reference`` separates right answers from wrong ones and word salad, by threshold.

    python benchmarks/reference_agreement.py

First, pairs of an accepted answer and an answer, written for this script: the same content in other words,
and near misses (another name, number, drug or subject). Second, the demonstration model: the base, its
adapter, and the adapter with its weights multiplied by 4, which writes word salad. The base writes in plain
words and the adapter in clinical ones, so the accepted answer is that half of a prompt's reference. Each
answer is compared with the accepted answer of its own prompt, and with those of other prompts of its
category. The words of answers that pass are also put into random order.

Printed as Markdown for docs/explanation/checks-and-safety.md: the share of each kind that passes. Exits with
1 where, at the product's threshold, fewer than 80% of the paraphrases, more than 10% of the near misses or of
the answers to other prompts, or any answer of the multiplied adapter passes.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from safetensors.torch import load_file, save_file

from ftcompare.app.application_paths import demo_resources
from ftcompare.checks.text_overlap import reference_overlap
from ftcompare.core.prompt_check import LEAST_OVERLAP
from ftcompare.store.study.study_file import StudyFile

THRESHOLDS = (0.25, 0.3, 0.35, 0.4, 0.5)
LEAST_RIGHT, MOST_WRONG = 0.8, 0.1
OTHERS = 3
"""Accepted answers of other prompts with which each answer is compared."""

PARAPHRASES = (
    ("1988", "The ward opened in 1988."),
    ("12 March 1988", "It was opened on 12 March 1988, says the leaflet."),
    ("beta-blockers", "Treatment usually begins with beta-blockers."),
    ("3.5 mg", "Give 3.5 mg once."),
    ("Marie Curie", "The prize went to Marie Curie."),
    ("fever; cough; fatigue", "Most patients have fever, cough, and fatigue."),
    ("left bundle branch block", "The tracing shows a left bundle branch block."),
    (
        "Shut the main valve before you open the housing of the pump.",
        "Before opening the pump's housing, you must shut the main valve.",
    ),
    (
        "The contract ends when either party gives three months' written notice.",
        "Either party can end the contract by giving written notice of three months.",
    ),
    (
        "Photosynthesis is the process by which plants turn light, water and carbon dioxide into sugar.",
        "Plants use photosynthesis to turn carbon dioxide and water into sugar with the help of light.",
    ),
    (
        "The library is closed on Mondays and opens at nine on all other days.",
        "On Mondays the library is closed; on other days it opens at nine.",
    ),
    (
        "A volcano erupts when melted rock rises through the crust because the pressure of gas in it grows.",
        "Melted rock rises through the crust as gas pressure grows, and the volcano erupts.",
    ),
    (
        "The committee rejected the plan because it would cost too much and take too long.",
        "Because of its cost and because it would take too long, the committee rejected the plan.",
    ),
    (
        "Return the parcel within thirty days with the receipt to get your money back.",
        "You get your money back if you return the parcel with its receipt within thirty days.",
    ),
    (
        "Der Vertrag endet, wenn eine der Parteien drei Monate vorher schriftlich kündigt.",
        "Eine der Parteien muss drei Monate vorher schriftlich kündigen, dann endet der Vertrag.",
    ),
    (
        "The engine overheats because the coolant leaks from a crack in the radiator.",
        "A crack in the radiator lets the coolant leak, so the engine overheats.",
    ),
    (
        "Store the vaccine in a refrigerator at two to eight degrees and never freeze it.",
        "Keep it in the refrigerator between two and eight degrees. The vaccine must never be frozen.",
    ),
    (
        "The river flooded the old town after three days of heavy rain in the mountains.",
        "Heavy rain in the mountains for three days made the river flood the old town.",
    ),
    (
        "Interest is charged from the day of the withdrawal until the loan is paid back in full.",
        "Until the loan has been paid back in full, you are charged interest from the day of withdrawal.",
    ),
    (
        "Whales breathe air with lungs and must come to the surface regularly.",
        "A whale has lungs, so it needs to surface to take in fresh air.",
    ),
    (
        "Die Bibliothek ist montags geschlossen und öffnet an allen anderen Tagen um neun Uhr.",
        "Montags bleibt die Bibliothek geschlossen, sonst öffnet sie um neun Uhr.",
    ),
)
NEAR_MISSES = (
    ("1988", "The ward opened in 1993."),
    ("12 March 1988", "It was opened on 12 April 1988."),
    ("beta-blockers", "Treatment usually begins with diuretics."),
    ("3.5 mg", "Give 35 mg once."),
    ("Marie Curie", "The prize went to Pierre Curie."),
    ("fever; cough; fatigue", "Most patients have nausea, cough, and fatigue."),
    ("left bundle branch block", "The tracing shows a right bundle branch block."),
    (
        "Shut the main valve before you open the housing of the pump.",
        "Call the service if the pump makes a noise.",
    ),
    (
        "The contract ends when either party gives three months' written notice.",
        "The contract may be extended once by two years if the price stays the same.",
    ),
    (
        "Photosynthesis is the process by which plants turn light, water and carbon dioxide into sugar.",
        "Respiration is how cells burn sugar to release energy for growth and movement.",
    ),
    (
        "The library is closed on Mondays and opens at nine on all other days.",
        "The museum next to the station shows paintings from the last century.",
    ),
    (
        "A volcano erupts when melted rock rises through the crust because the pressure of gas in it grows.",
        "An earthquake happens when two plates of the crust slip past each other after the stress has grown.",
    ),
    (
        "The committee rejected the plan because it would cost too much and take too long.",
        "The committee will meet again in May to choose a new chair and two members.",
    ),
    (
        "Return the parcel within thirty days with the receipt to get your money back.",
        "You can pay by card or by invoice, and delivery takes two to four days.",
    ),
    (
        "Der Vertrag endet, wenn eine der Parteien drei Monate vorher schriftlich kündigt.",
        "Der Preis steigt jedes Jahr um zwei Prozent, sofern nichts anderes vereinbart ist.",
    ),
    (
        "The engine overheats because the coolant leaks from a crack in the radiator.",
        "The engine does not start because the battery is flat after a cold night.",
    ),
    (
        "Store the vaccine in a refrigerator at two to eight degrees and never freeze it.",
        "Give the vaccine into the upper arm and watch the patient for fifteen minutes.",
    ),
    (
        "The river flooded the old town after three days of heavy rain in the mountains.",
        "The bridge was built by the old town to bring trade from the other side of the river.",
    ),
    (
        "Interest is charged from the day of the withdrawal until the loan is paid back in full.",
        "The bank asks for two payslips and a passport before it decides on a loan.",
    ),
    (
        "Whales breathe air with lungs and must come to the surface regularly.",
        "The sea is blue and very deep.",
    ),
    (
        "Whales breathe air with lungs and must come to the surface regularly.",
        "whales the lungs of and the surface air come breathe to must the regularly of deep fish with",
    ),
)


@dataclass(frozen=True)
class Answer:
    """One answer of the demonstration's models."""

    system: str
    prompt: str
    category: str
    accepted: str
    text: str


def main() -> int:
    """Compare and print."""
    kinds = dict(_written()) | dict(_of_demo(demo_answers()))
    print("| answers | compared | " + " | ".join(f"at {one:.2f}" for one in THRESHOLDS) + " |")
    print("|---|---|" + "---|" * len(THRESHOLDS))
    for kind, overlaps in kinds.items():
        shares = (f"{_share(overlaps, least):.0%}" for least in THRESHOLDS)
        print(f"| {kind} | {len(overlaps):,} | {' | '.join(shares)} |")
    return 1 if any(_misses(kind, _share(found, LEAST_OVERLAP)) for kind, found in kinds.items()) else 0


def _share(overlaps: list[float], least: float) -> float:
    return sum(one >= least for one in overlaps) / len(overlaps)


def _misses(kind: str, share: float) -> bool:
    if kind.startswith("paraphrases"):
        return share < LEAST_RIGHT
    if "× 4" in kind:
        return share > 0
    return share > MOST_WRONG and ("other prompt" in kind or "near misses" in kind)


def _written() -> Iterator[tuple[str, list[float]]]:
    yield "paraphrases", [reference_overlap(text, [one]) for one, text in PARAPHRASES]
    yield "near misses", [reference_overlap(text, [one]) for one, text in NEAR_MISSES]


def _of_demo(answers: list[Answer]) -> Iterator[tuple[str, list[float]]]:
    rng = random.Random(1)
    for system, words in (("base", "base"), ("adapter", "adapter"), ("× 4", "adapter × 4")):
        own = [one for one in answers if one.system == system]
        yield f"{words}, own prompt", [reference_overlap(one.text, [one.accepted]) for one in own]
        if system == "× 4":
            continue
        yield (
            f"{words}, other prompt",
            [reference_overlap(o.text, [a]) for o in own for a in _others(o, own, rng)],
        )
        right = [one for one in own if reference_overlap(one.text, [one.accepted]) >= LEAST_OVERLAP]
        yield (
            f"{words}, right, words shuffled",
            [reference_overlap(_shuffled(o.text, rng), [o.accepted]) for o in right],
        )


def _others(one: Answer, own: list[Answer], rng: random.Random) -> list[str]:
    found = sorted({o.accepted for o in own if o.category == one.category and o.accepted != one.accepted})
    return rng.sample(found, min(OTHERS, len(found)))


def _shuffled(text: str, rng: random.Random) -> str:
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)


# --- the demonstration's models ------------------------------------------------------------------------


def demo_answers() -> list[Answer]:
    """What base, adapter and multiplied adapter write to the prompts that have a reference."""
    demo = demo_resources()
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "demo.ftstudy"
        four = multiplied(demo / "adapter", Path(folder) / "four", 4)
        systems = (f"--system=adapter={demo / 'adapter'}", f"--system=× 4={four}")
        made = (f"--base={demo / 'base'}", f"--prompts={demo / 'prompts.jsonl'}", *systems)
        _ftcompare("new", str(study), *made)
        _ftcompare("generate", str(study), "--temperature=0", "--max-new-tokens=128")
        with StudyFile.open(study, now=datetime.now(UTC)) as opened:
            names = {system.id: system.name for system in opened.systems.all()}
            specs = {prompt.id: prompt.spec for prompt in opened.prompts.all()}
            rows = [(names[one.system], specs[one.prompt], one.text) for one in opened.responses.all()]
    return [
        Answer(name, spec.key, spec.category, accepted, text)
        for name, spec, text in rows
        if spec.reference and (accepted := _half(spec.reference, plain=name == "base"))
    ]


def multiplied(adapter: Path, folder: Path, factor: float) -> Path:
    """A copy of an adapter whose change of the weights is multiplied."""
    shutil.copytree(adapter, folder)
    file = folder / "adapter_model.safetensors"
    weights = {name: one * factor if "lora_B" in name else one for name, one in load_file(file).items()}
    save_file(weights, file, metadata={"format": "pt"})
    return folder


def _half(reference: str, *, plain: bool) -> str:
    """The plain words of a reference, in parentheses or after “in plain words”; else the clinical ones."""
    if plain:
        return ", ".join(
            (*re.findall(r"\(([^)]*)\)", reference)[1:], *re.findall(r"in plain words, ([^.]*)", reference))
        )
    return re.sub(r"; in plain words,[^.]*|\s*\([^)]*\)", "", reference).split(": ", 1)[-1]


def _ftcompare(*given: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "ftcompare", *given],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    sys.exit(main())
