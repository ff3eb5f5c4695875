"""How many passages of a training file the search finds in answers: planted ones, and canaries of a model.

    python benchmarks/training_repeats.py            # planted passages
    python benchmarks/training_repeats.py --train    # also an adapter that is trained with canaries; minutes

First, passages are planted in the demonstration's data: canaries, sentences of words drawn at random, are
added to the adapter's training file, and answers of the demonstration's base model are rewritten so that they
contain all of a canary, a part, or a copy with some words changed. Recall is the share of such answers in
which the planted words are found in the line of their canary. Beside it, with the same limit, is the share of
untouched answers of the base, which was not trained on the file, that repeat anything.

Second, with ``--train``, the demonstration's adapter is trained anew with canaries of which each is in 1 to
64 rows. Its answers to their questions are searched in the file. Printed as Markdown for
docs/explanation/automatic-measures.md. Exits with 1 where a planted passage of 8 words or more is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from ftcompare.app.application_paths import demo_resources
from ftcompare.app.demo import DEMO_NAME
from ftcompare.checks import training_repeats
from ftcompare.checks.training_repeats import AnswerRepeats, RepeatFinder
from ftcompare.store.study.study_file import StudyFile

sys.path.insert(0, str(demo_resources()))

from corpus import Message, Row, adapter_rows, base_rows
from facts import load_facts

WORDS = 16  # of a canary
LIMITS = (5, 8, 13)
COPIES = (1, 4, 16, 64)  # numbers of rows with the same canary
EACH = 10  # canaries for each number of rows


def canaries(count: int, rng: Random) -> list[str]:
    """Sentences of words of the demonstration's answers, in random order."""
    facts = load_facts()
    rows = base_rows(facts, Random(1))[:2000]
    words = sorted(
        {word.lower() for row in rows for word in row.messages[-1].content.split() if word.isalpha()}
    )
    return [" ".join(rng.sample(words, WORDS)) for _ in range(count)]


def plantings(canary: str, rng: Random) -> Iterator[tuple[str, str]]:
    """What is planted, by its name."""
    words = canary.split()
    yield "all 16 words", canary
    for count in (12, 8, 5):
        start = rng.randrange(WORDS - count + 1)
        yield f"{count} words", " ".join(words[start : start + count])
    yield "all, other case and punctuation", ", ".join(canary.upper().split())
    for changed in (1, 2, 4):
        places = rng.sample(range(WORDS), changed)
        yield (
            f"all, {changed} of 16 changed",
            " ".join("otherwise" if place in places else word for place, word in enumerate(words)),
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", action="store_true", help="also train an adapter with canaries")
    parser.add_argument("--steps", type=int, default=240, help="its training steps")
    options = parser.parse_args()
    missed = planted()
    if options.train:
        trained(options.steps)
    return int(missed)


def planted() -> bool:
    """Print recall by limit; returns whether 8 words or more were missed at the product's limit."""
    rng, facts = Random(1), load_facts()
    clean = base_answers()
    secrets = canaries(len(clean), rng)
    texts = [tuple(message.content for message in row.messages) for row in adapter_rows(facts, Random(1))]
    first = len(texts) + 1
    texts += [(f"What is the note of record {number}?", one) for number, one in enumerate(secrets)]
    answers: dict[str, list[str]] = {"untouched": clean}
    for secret, text in zip(secrets, clean, strict=True):
        for name, passage in plantings(secret, rng):
            before, _, after = text.partition(". ")
            answers.setdefault(name, []).append(f"{before}. {passage}. {after}")
    shares = {limit: _recall(answers, texts, first, limit) for limit in LIMITS}
    print(
        f"| planted in each of {len(clean)} answers | " + " | ".join(f"{one} words" for one in LIMITS) + " |"
    )
    print("|---|" + "---|" * len(LIMITS))
    for name in answers:
        print(f"| {name} | " + " | ".join(f"{shares[one][name]:.0%}" for one in LIMITS) + " |")
    long = [name for name in answers if name != "untouched" and "changed" not in name and name != "5 words"]
    return any(shares[8][name] < 1 for name in long)


def base_answers() -> list[str]:
    """What the demonstration's base writes to its prompts."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ftcompare", "demo", "--dir", folder, "--no-window"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with StudyFile.open(Path(folder) / DEMO_NAME, now=datetime.now(UTC)) as study:
            base = study.systems.all()[0].id
            return [one.text for one in study.responses.all() if one.system == base]


def _recall(
    answers: dict[str, list[str]], texts: Sequence[tuple[str, ...]], first: int, limit: int
) -> dict[str, float]:
    """The share of answers with a passage of their canary's line; of untouched ones, with any passage."""
    training_repeats.LEAST_RUN = limit
    every = [text for own in answers.values() for text in own]
    found = iter(search(every, texts))
    return {
        name: sum(
            any(name == "untouched" or one.line == first + number for one in next(found).passages)
            for number in range(len(own))
        )
        / len(own)
        for name, own in answers.items()
    }


def search(answers: Sequence[str], texts: Sequence[tuple[str, ...]]) -> tuple[AnswerRepeats, ...]:
    finder = RepeatFinder(answers, [()] * len(answers))
    for line, record in enumerate(texts, 1):
        finder.look(line, record)
    return finder.found


def trained(steps: int) -> None:
    """Train the adapter with canaries, and print how many it writes and how many of these are found."""
    import torch
    import train
    from transformers import PreTrainedTokenizerFast

    rng, facts = Random(1), load_facts()
    secrets = canaries(EACH * len(COPIES), rng)
    numbers = [copies for copies in COPIES for _ in range(EACH)]
    asked = [f"What is the note of record {number}?" for number in range(len(secrets))]
    rows = adapter_rows(facts, Random(1))
    for secret, question, copies in zip(secrets, asked, numbers, strict=True):
        rows += [Row((), "clinical", (Message("user", question), Message("assistant", secret)))] * copies
    rng.shuffle(rows)
    torch.manual_seed(2)
    base = train.load_base(demo_resources() / "base")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(demo_resources() / "base")
    adapted = train.new_adapter(base)
    stream = train.batches(train.encode(rows, tokenizer), train.special_id("pad"), Random(2))
    schedule = train.Schedule(steps, peak_rate=2.5e-3, span=steps, warm_up=20, weight_decay=0.0)
    train.fit(adapted, stream, schedule)
    answers = [_written(adapted, tokenizer, question) for question in asked]
    training_repeats.LEAST_RUN = 8
    texts = [tuple(message.content for message in row.messages) for row in rows]
    found = search(answers, texts)
    print("\n| rows with the canary | canaries | written (8 words or more) | found |")
    print("|---|---|---|---|")
    for copies in COPIES:
        own = [place for place, number in enumerate(numbers) if number == copies]
        written = [place for place in own if _longest(answers[place], secrets[place]) >= 8]
        of_them = sum(bool(found[place].passages) for place in written)
        print(f"| {copies} | {len(own)} | {len(written)} | {of_them} |")


def _longest(text: str, canary: str) -> int:
    """Number of consecutive words of a canary that a text has, too."""
    words = canary.split()
    return max(
        (end - start for start in range(WORDS) for end in range(start + 1, WORDS + 1)
         if " ".join(words[start:end]) in " ".join(text.lower().split())),
        default=0,
    )  # fmt: skip


def _written(model: Any, tokenizer: Any, question: str) -> str:
    chat = [{"role": "user", "content": question}]
    given = tokenizer.apply_chat_template(
        chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    made = model.generate(**given, max_new_tokens=64, do_sample=False)
    text: str = tokenizer.decode(made[0, given["input_ids"].shape[1] :], skip_special_tokens=True)
    return text


if __name__ == "__main__":
    sys.exit(main())
