"""The file of a reward function gives, in a Python process of its own, what the program's own checks give."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import Stemmer

from ftcompare.checks.prompt_checks import TEXT_RULES, CheckInput, outcome
from ftcompare.checks.reward_file import is_standalone, reward_source
from ftcompare.checks.standalone_rules import STEMMED_FROM, stemmed
from ftcompare.core import prompt_check
from ftcompare.core.prompt_check import LengthUnit
from ftcompare.core.reasoning import split_reasoning

ROOT = Path(__file__).parents[2]
REFERENCES = ("a fever and a cough", "The valves of the heart keep the blood flowing in only one direction.")
LABELS = ("valid", "not valid", "A")
CHECKS: list[prompt_check.PromptCheck] = [
    prompt_check.ContainsCheck(("Fever", "café")),
    prompt_check.ContainsCheck(("Fever", "cough"), any=True, case=True, words=True),
    prompt_check.NotContainsCheck(("aspirin", "ÉTÉ"), words=True),
    prompt_check.RegexCheck(r"\b\d{2,}\b"),
    prompt_check.RegexCheck("^yes", case=False),
    prompt_check.JsonCheck(),
    prompt_check.NumberCheck(1234.5),
    prompt_check.NumberCheck(-3, tolerance=0.5),
    prompt_check.LengthCheck(LengthUnit.WORDS, 2, 8),
    prompt_check.LengthCheck(LengthUnit.CHARACTERS, None, 30),
    prompt_check.LabelCheck(),
    prompt_check.ReferenceCheck(),
    prompt_check.ReferenceCheck(0.9),
    prompt_check.RefusalCheck(refused=True),
    prompt_check.RefusalCheck(refused=False),
    prompt_check.AbstainCheck(),
]
ANSWERS = [
    "",
    "  ",
    "Fever, café and aspirins",
    "COUGHS and a FEVER in cafe\u0301",
    "No aspirin this été.",
    "cough; fever",
    "A fever. Some coughing, too.",
    "Heart valves keep blood flowed in one direction only, and nothing else.",
    "the valves of the heart keep the blood flowing in only one direction",
    "Yes: 1,234.5 or 1.234,5",
    "yes −3.4",
    "It is 12345 and then 3",
    "1,2,3",
    "```json\n[1, 2]\n```",
    '{"a": NaN}',
    '{"a": [1, true]}',
    "This is not valid.",
    "valid",
    "a valid answer, A",
    "I'm sorry, but I can't help with that.",
    "Es tut mir leid, aber dabei kann ich nicht helfen.",
    "I can’t give medical advice, but here is what a doctor would say: rest.",
    "“I cannot help” is what he said.",
    "The passages do not say when the valve was replaced.",
    "I don't know. It may be 1988.",
    "<think>I cannot help.</think>A fever and a cough.",
    "<think>Fever 1234.5",
    "发热和咳嗽 25",
    "ไข้ 40",
]
CODE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import rows_reward as file
answers, graders = json.load(sys.stdin)
given = [(answer, grader) for answer in answers for grader in graders]
chat = [[{"role": "assistant", "content": answer}] for answer, _ in given]
columns = {"grader": [grader for _, grader in given], "completion_ids": [], "trainer_state": None}
plain = file.reward(prompts=[], completions=[answer for answer, _ in given], **columns)
assert plain == file.reward(prompts=[], completions=chat, **columns)
graded = [file.grade({"output_text": answer}, {"grader": grader}) for answer, grader in given]
shares = file.share_of_checks(prompts=[], completions=chat, **columns)
others = sorted({name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names)
print(json.dumps([plain, graded, shares, others]))
"""


def grader(*checks: prompt_check.PromptCheck) -> str:
    given = [{"kind": check.kind.value, **asdict(check)} for check in checks]
    return json.dumps({"checks": given, "references": REFERENCES, "labels": LABELS})


def rewards(folder: Path, graders: list[str]) -> Any:
    (folder / "rows_reward.py").write_text(reward_source(), encoding="utf-8")
    command = [sys.executable, "-I", "-S", "-c", CODE, str(folder)]
    told = json.dumps([ANSWERS, graders])
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_check_gives_in_the_file_what_it_gives_here(tmp_path: Path) -> None:
    plain, graded, shares, others = rewards(tmp_path, [grader(check) for check in CHECKS])
    asked = CheckInput(labels=LABELS, references=REFERENCES)
    given = [(text, check) for text in ANSWERS for check in CHECKS]
    here = [float(outcome(check, split_reasoning(text).answer, asked).passed or 0) for text, check in given]
    wrong = [one for one, mine, theirs in zip(given, here, plain, strict=True) if mine != theirs]
    assert not wrong
    assert plain == graded == shares
    assert set(here) == {0.0, 1.0}
    assert {type(check) for check in CHECKS} == set(TEXT_RULES)
    assert not [name for name in others if name not in ("__main__", "rows_reward")]
    for check in CHECKS:  # each check passes for one answer, and fails for another
        assert {passed for (_, of), passed in zip(given, here, strict=True) if of is check} == {0.0, 1.0}


def test_several_checks_must_all_pass_and_the_share_counts_them(tmp_path: Path) -> None:
    checks = CHECKS[0], CHECKS[8], CHECKS[11], CHECKS[14]
    plain, _, shares, _ = rewards(tmp_path, [grader(*checks)])
    asked = CheckInput(labels=LABELS, references=REFERENCES)
    passed = [
        [bool(outcome(check, split_reasoning(text).answer, asked).passed) for check in checks]
        for text in ANSWERS
    ]
    assert plain == [float(all(one)) for one in passed]
    assert shares == [sum(one) / len(one) for one in passed]
    assert len(set(shares)) > 2


@pytest.mark.parametrize(
    ("check", "standalone"),
    [
        (prompt_check.RegexCheck("a|b"), True),
        (prompt_check.RegexCheck(r"\p{Greek}"), False),
        (prompt_check.TermCheck("AF"), False),
        (prompt_check.LanguageCheck("de"), False),
        (prompt_check.JsonSchemaCheck("{}"), False),
        (prompt_check.NameConflictCheck(), False),
        (prompt_check.PythonTestsCheck("assert f()"), False),
    ],
)
def test_what_the_file_cannot_compute(check: prompt_check.AnyPromptCheck, standalone: bool) -> None:
    assert is_standalone(check) is standalone


def test_words_are_stemmed_as_by_the_library() -> None:
    stemmer = Stemmer.Stemmer("english")
    texts = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md")))
    words = {word for text in texts for word in re.findall(r"\w+", text.lower())}
    stems = (
        "gener commun past univers later emerg proc exc d v out inn ad eg hop hopp agree sky box roll y ay"
    )
    endings = "s es ed eed eedly ing ingly edly ly ies ied ational enci ogist ogi li ative ion ement y e l ll"
    words |= {
        f"{stem}{ending}{more}" for stem in stems.split() for ending in endings.split() for more in ("", "s")
    }
    words |= {"skis", "only", "cosmos", "dying", "past", "pasted", "übersetzungen", "naïvely"}
    assert len(words) > 3_000
    wrong = [
        word
        for word in sorted(words)
        if len(word) >= STEMMED_FROM and stemmer.stemWord(word) != stemmed(word)
    ]
    assert not wrong
