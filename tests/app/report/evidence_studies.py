"""A study with everything that an evidence file has, and its file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from ftcompare.app.report.evidence_file import save_evidence
from ftcompare.core.hashing import Json, canonical_json, digest
from ftcompare.core.scale import Choice
from ftcompare.core.study import Verdict
from ftcompare.formats.browser_pack.page import in_script
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import CHECKS, START, WRITTEN, judged_study
from tests.builders import built_once

BLOCK = re.compile(r'(?<=id="evidence-data">)[^<]*')
CODE = re.compile(r'(?<=id="evidence-digest">)[^<]*')


@built_once
def evidence_study(path: Path, *, unblinded: bool = True) -> Path:
    """Write a study with repeats, checks, guesses, live votes, undo, a skip, a comment, and a sealed plan."""
    judged_study(path, prompts=18, design=CHECKS, live=2, unblinded=False)
    now = START + timedelta(hours=20)
    with StudyFile.open(path, now=now) as study:
        first, second = study.raters.all()[:2]
        for rater, comment in ((first, "Not for <everybody> & “me”"), (second, "")):
            undone = study.judgments.undo(rater.id, now=now)
            while undone and undone.verdict is None:  # a guess is taken back, too
                undone = study.judgments.undo(rater.id, now=now)
            item = study.judgments.next_item(rater.id)
            assert item
            if comment:
                verdict = Verdict(Choice.TIE, seconds=2.5, comment=comment)
                study.judgments.judge(item.allocation, verdict, now=now)
            else:
                study.judgments.skip(item.allocation, "I cannot say", seconds=1.0, now=now)
        first_seal = _sealed(study, "sealed", {}, now)
        _sealed(study, "seal-amended", {"amends": first_seal, "reason": "too few raters"}, now)
        if unblinded:
            study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
    return path


def _sealed(study: StudyFile, kind: str, more: dict[str, Json], now: datetime) -> str:
    """Log a plan as it is sealed, without the rule that nobody may have judged."""
    facts: dict[str, Json] = {"prompts": 18, "pairs": 18, "raters": 3, "each": 3}
    facts |= {"texts": "a" * 64, "systems": "b" * 64, "rating": "c" * 64}
    aim: Json = {"system": "cardiology", "against": "base"}
    plan: dict[str, Json] = {"hypotheses": [aim], "rules": {"max_missed_checks": 0.4}, "study": facts, **more}
    seal = digest("sealed-plan", plan)
    study.audit.append(kind, {"document": plan, "digest": seal, "before_judging": not more}, now=now)
    return seal


@built_once
def evidence_file(path: Path, *, texts: bool) -> Path:
    source = path.with_name("source.ftstudy")
    source.unlink(missing_ok=True)
    with StudyFile.open(evidence_study(source), now=WRITTEN) as study:
        save_evidence(study, path, now=WRITTEN, texts=texts)
    return path


def data_of(page: Path) -> dict[str, Any]:
    found = BLOCK.search(page.read_text("utf-8"))
    assert found
    data: dict[str, Any] = json.loads(found[0])
    return data


def forged(page: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Alter the data of a page as somebody would who also writes the digest of the data again."""
    data = data_of(page)
    change(data)
    block = in_script(canonical_json(data).decode())
    text = BLOCK.sub(lambda _: block, page.read_text("utf-8"))
    page.write_text(CODE.sub(sha256(block.encode()).hexdigest(), text), "utf-8")
