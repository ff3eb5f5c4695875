"""An evidence file holds what it says; every alteration is found and named, in Python and by its script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from ftcompare.app.report.evidence_check import check_evidence, data_findings, findings
from ftcompare.app.report.evidence_file import save_evidence, signature_path
from ftcompare.app.results.study_results import results
from ftcompare.cli.study import VERIFIED
from ftcompare.core.errors import UserError
from ftcompare.core.language import in_language
from ftcompare.core.study import IntegrityFinding
from ftcompare.stats.win_rate import rate_over_prompts
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.evidence_studies import BLOCK, data_of, evidence_file, evidence_study, forged
from tests.app.report.report_studies import WRITTEN
from tests.builders import errors_of, output_of, refusal_code, refuses

SOURCES = Path(__file__).parents[3] / "ftcompare"
SCRIPTS = (
    *(SOURCES / "formats/browser_pack/script" / name for name in ("digests.js",)),
    *(SOURCES / "app/report/evidence_script" / name for name in ("figures.js", "checks.js")),
)
Change = Callable[[dict[str, Any]], object]


def node(expression: str, cases: Sequence[object]) -> list[Any]:
    """The values of an expression of the page's script for each case, computed by Node."""
    script = "".join(path.read_text("utf-8") for path in SCRIPTS)
    program = (
        f'"use strict";const WORDS = {json.dumps(dict(findings()))};\n{script}\n'
        'const cases = JSON.parse(require("fs").readFileSync(0, "utf-8"));\n'
        f"console.log(JSON.stringify(cases.map((given) => {expression})));"
    )
    with TemporaryDirectory() as folder:
        file = Path(folder, "script.cjs")
        file.write_text(program, "utf-8")
        call = [str(Path(sys.executable).with_name("node")), str(file)]
        done = subprocess.run(call, input=json.dumps(cases), capture_output=True, text=True, check=True)
    values: list[Any] = json.loads(done.stdout)
    return values


@cache
def page(*, texts: bool) -> str:
    with TemporaryDirectory() as folder:
        return evidence_file(Path(folder, "evidence.html"), texts=texts).read_text("utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return evidence_file(tmp_path / "evidence.html", texts=False)


@pytest.fixture
def with_texts(tmp_path: Path) -> Path:
    return evidence_file(tmp_path / "evidence.html", texts=True)


def failed(findings: Sequence[IntegrityFinding]) -> list[str]:
    return [f"{one.subject}: {one.detail}" for one in findings if not one.ok]


def in_content(row: list[str], old: str, new: str) -> None:
    """Alter the text that a digest covers."""
    assert old in row[0]
    row[0] = row[0].replace(old, new, 1)


def swap(rows: list[Any], one: int, other: int) -> None:
    rows[one], rows[other] = rows[other], rows[one]


def rater(data: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in data["raters"] if one["name"] == name)
    return found


def set_cell(rows: list[Any], row: int, column: int, value: object) -> None:
    assert rows[row][column] != value
    rows[row][column] = value


def left_out(data: dict[str, Any]) -> list[str]:
    row: list[str] = next(row for row in rater(data, "Ada")["events"] if len(row) == 3)
    return row


def with_preference(data: dict[str, Any], preference: str) -> None:
    row = next(row for row in rater(data, "Ben")["events"] if '"right",null,null' in row[0])
    in_content(row, '"right",null,null', f'"right",null,{preference}')


UNREADABLE = "cannot be read: the data were altered or cut short"
LISTS = "Lists of systems, prompts, answers, and pairs: the list"
ALTERED: dict[str, tuple[Change, str]] = {
    "choice": (
        lambda d: in_content(rater(d, "Ada")["events"][16], "30.", "31."),
        "Judgments of Ada: judgment 17 was altered",
    ),
    "time": (
        lambda d: in_content(rater(d, "Ben")["events"][3], "2026-", "2025-"),
        "Judgments of Ben: judgment 4 was altered",
    ),
    "link": (
        lambda d: set_cell(rater(d, "Cleo")["events"], 2, 1, "0" * 64),
        "Judgments of Cleo: judgment 3 ",
    ),
    "judgment removed": (lambda d: rater(d, "Ada")["events"].pop(4), "Judgments of Ada: judgment 5 "),
    "chain cut": (lambda d: rater(d, "Ada")["events"].pop(), "Judgments of Ada: judgment "),
    "judgments swapped": (lambda d: swap(rater(d, "Ada")["events"], 6, 7), "Judgments of Ada: judgment 7 "),
    "judgment added": (
        lambda d: rater(d, "Ada")["events"].append(rater(d, "Ada")["events"][-1]),
        "Judgments of Ada: judgment ",
    ),
    "row without its comment": (
        lambda d: in_content(left_out(d), '"tie"', '"left"'),
        "Judgments of Ada: judgment ",
    ),
    "its digest": (lambda d: left_out(d).__setitem__(2, "1" * 64), "Judgments of Ada: judgment "),
    "rater's name": (lambda d: rater(d, "Ada").__setitem__("name", "Eve"), "Judgments of Eve: judgment 1 "),
    "rater removed": (lambda d: d["raters"].pop(), f"{LISTS} “raters” was altered"),
    "rater as a jury": (lambda d: rater(d, "Ben").__setitem__("jury", True), f"{LISTS} “raters” was altered"),
    "draw": (
        lambda d: set_cell(d["draws"], 1, 2, d["draws"][1][2].replace("true", "false", 1)),
        "Order and sides: draw 2 ",
    ),
    "seal of a draw": (lambda d: set_cell(d["draws"], 0, 3, "0" * 64), "Order and sides: draw 1 "),
    "draw of another": (lambda d: set_cell(d["draws"], 0, 1, 2), "Order and sides: draw 1 "),
    "draw removed": (lambda d: d["draws"].pop(), "Order and sides: draw "),
    "run": (
        lambda d: set_cell(d["runs"], 0, 1, d["runs"][0][1].replace("float32", "float16")),
        "Generation records: record 1 ",
    ),
    "run removed": (lambda d: d["runs"].pop(), "Generation records: record 1 "),
    "weights": (
        lambda d: d["systems"][1].__setitem__("weights", "ab" * 32),
        "the seal of “cardiology” is in no",
    ),
    "audit entry": (lambda d: in_content(d["audit"][2], "20", "21"), "Audit log: entry 3 was altered"),
    "audit log cut": (lambda d: d["audit"].pop(), "Audit log: entry "),
    "audit digest": (lambda d: set_cell(d["audit"], 0, 1, "0" * 64), "Audit log: entry 1 "),
    "system's name": (
        lambda d: d["systems"][0].__setitem__("name", "other"),
        f"{LISTS} “systems” was altered",
    ),
    "kind of a pair": (lambda d: set_cell(d["pairs"], 0, 1, "control"), f"{LISTS} “pairs” was altered"),
    "answers of a pair": (lambda d: swap(d["pairs"][0], 2, 3), "its answers are not those of its pair"),
    "writer of an answer": (lambda d: set_cell(d["answers"], 0, 2, 2), f"{LISTS} “answers” was altered"),
    "digest of an answer": (
        lambda d: set_cell(d["answers"], 0, 4, "0" * 64),
        "its answers are not those of its pair",
    ),
    "split of a prompt": (
        lambda d: set_cell(d["prompts"], 0, 3, "held_out"),
        f"{LISTS} “prompts” was altered",
    ),
    "title": (lambda d: d["study"].__setitem__("title", "Another"), f"{LISTS} “study” was altered"),
    "plan": (
        lambda d: set_cell(d["plan"], 0, 1, d["plan"][0][1].replace("0.4", "0.5")),
        "Sealed plan: entry ",
    ),
    "digest of a plan": (lambda d: set_cell(d["plan"], 1, 2, "0" * 64), "Sealed plan: entry "),
    "amendment removed": (lambda d: d["plan"].pop(), f"{LISTS} “plan” was altered"),
    "count": (
        lambda d: d["figures"][0].__setitem__("wins_b", d["figures"][0]["wins_b"] + 1),
        "All prompts, cardiology against base: the number of wins is ",
    ),
    "win rate": (
        lambda d: d["figures"][1].__setitem__("rate", d["figures"][1]["rate"] + 1e-8),
        "Unseen prompts, cardiology against base: the win rate is ",
    ),
    "interval": (
        lambda d: d["figures"][0].__setitem__("low", None),
        "the lower end of its interval is null here",
    ),
    "figure of nobody": (lambda d: d["figures"][0].__setitem__("b", "other"), "there are no such judgments"),
    "figure removed": (lambda d: d["figures"].pop(), f"{LISTS} “figures” was altered"),
    "no raters": (lambda d: d.pop("raters"), "cannot be read: the data were altered or cut short"),
    "huge number of entries": (lambda d: d["study"].__setitem__("entries", 10**12), "Audit log: entry "),
    "huge win rate": (lambda d: d["figures"][0].__setitem__("rate", 10**310), f"Main figures: {UNREADABLE}"),
    "huge count": (lambda d: d["figures"][0].__setitem__("ties", 10**400), f"Main figures: {UNREADABLE}"),
    "endless preference": (lambda d: with_preference(d, "1e400"), f"Main figures: {UNREADABLE}"),
    "huge preference": (lambda d: with_preference(d, f"1{'0' * 400}"), f"Main figures: {UNREADABLE}"),
    "preference above 1": (lambda d: with_preference(d, "1.5"), f"Main figures: {UNREADABLE}"),
    "nonsense": (lambda d: d.__setitem__("pairs", 7), "cannot be read: the data were altered or cut short"),
}
OF_TEXTS: dict[str, tuple[Change, str]] = {
    "prompt": (
        lambda d: set_cell(d["prompts"], 3, 5, d["prompts"][3][5].replace("Question", "Answer")),
        "Prompts and answers: the prompt “p3” was altered",
    ),
    "answer": (
        lambda d: set_cell(d["answers"], 4, 5, d["answers"][4][5].replace("answer", "reply")),
        "Prompts and answers: answer 5, to the prompt “p2”, was altered",
    ),
    "writer": (lambda d: set_cell(d["answers"], 4, 2, 2), "answer 5, to the prompt “p2”, was altered"),
    "comment": (
        lambda d: in_content(rater(d, "Ada")["events"][-1], "Not for", "All for"),
        "Judgments of Ada: judgment ",
    ),
}


def altered(cases: dict[str, tuple[Change, str]], *, texts: bool) -> dict[str, dict[str, Any]]:
    found = {}
    for name, (change, _) in cases.items():
        match = BLOCK.search(page(texts=texts))
        assert match
        found[name] = json.loads(match[0])
        change(found[name])
    return found


@pytest.mark.parametrize(("cases", "texts"), [(ALTERED, False), (OF_TEXTS, True)], ids=["rows", "texts"])
def test_every_alteration_is_found_and_named_by_both(
    cases: dict[str, tuple[Change, str]], *, texts: bool
) -> None:
    studies = altered(cases, texts=texts)
    by_script = node("dataFindings(given)", [*studies.values()])
    for (name, data), found in zip(studies.items(), by_script, strict=True):
        own = data_findings(data)
        assert [(one["subject"], one["ok"], one["detail"]) for one in found] == [
            (one.subject, one.ok, re.sub(r"(?<=\d),(?=\d)", "", one.detail)) for one in own
        ], name
        assert any(cases[name][1] in text for text in failed(own)), (name, failed(own))


@pytest.mark.parametrize("texts", [False, True])
def test_an_unaltered_file_is_verified(tmp_path: Path, *, texts: bool) -> None:
    path = evidence_file(tmp_path / "evidence.html", texts=texts)
    assert failed(check_evidence(path)) == []
    assert ("Not for" in path.read_text("utf-8")) is texts
    assert ("Question 3" in path.read_text("utf-8")) is texts
    [found] = node("dataFindings(given)", [data_of(path)])
    assert {one["ok"] for one in found} == {True}


def test_the_figures_are_those_of_the_study(tmp_path: Path, file: Path) -> None:
    with StudyFile.open(evidence_study(tmp_path / "s.ftstudy"), now=WRITTEN) as study:
        [pair] = results(study).summary.comparisons
    [unseen] = [part for part in pair.slices if (part.dimension, part.name) == ("split", "held_out")]
    expression = "[...votesOf(given).values()].map((votes) => figureOf(votes))"
    [found] = node(expression, [data_of(file)])
    for figure, counts, rate in zip(found, (pair, unseen.counts), (pair.win_rate, unseen.rate), strict=True):
        own = (rate.value, rate.low, rate.high)
        assert (figure["rate"], figure["low"], figure["high"]) == pytest.approx(own, abs=1e-9)
        assert figure["judgments"] == counts.judgments
        assert (figure["wins_a"], figure["wins_b"], figure["ties"], figure["both_bad"]) == (
            counts.wins_a, counts.wins_b, counts.ties, counts.both_bad
        )  # fmt: skip


FRAME: dict[str, tuple[str, str, str]] = {
    "report": ("win rate of", "win rate  of", "Text of the report: altered"),
    "headline": ("<h1 dir=", "<h1  dir=", "Text of the report: altered"),
    "policy": ("default-src &#39;none&#39;", "default-src *", "The page without the report: altered"),
    "script": (
        "function rateOverPrompts",
        "function  rateOverPrompts",
        "The page without the report: altered",
    ),
    "printed figure": ('data-figure="0 rate">', 'data-figure="0 rate">1', "the page shows 1"),
    "data": ('"texts":false', '"texts": false', "Data of this file: altered"),
    "cut short": ('"figures":', "</script>", "the data were altered or cut short"),
    "no end": ('id="evidence-data">', 'id="evidence-data"', "the data were altered or cut short"),
    "digest": ('<code id="evidence-digest">', '<code id="evidence-digest">0', "Data of this file: altered"),
}


@pytest.mark.parametrize("part", FRAME)
def test_an_altered_page_is_found_and_named(
    file: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    old, new, said = FRAME[part]
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    assert any(said in found for found in failed(check_evidence(file))), failed(check_evidence(file))
    assert "NOT OK" in output_of(capsys, ["check", str(file)], 1)


def test_numbers_that_no_browser_reads_are_named(file: Path) -> None:
    text = file.read_text("utf-8")
    file.write_text(re.sub('"low":[0-9.e-]+', '"low":Infinity', text, count=1), "utf-8")
    assert f"Data of this file: {UNREADABLE}" in failed(check_evidence(file))


def test_the_command_prints_the_computed_digest_and_a_verdict(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = file.read_text("utf-8")
    saved = text.split('<code id="evidence-digest">')[1][:64]
    told = output_of(capsys, ["check", str(file)]).splitlines()
    assert told[-2:] == [f"Seal of the data: {saved}", VERIFIED]
    file.write_text(text.replace('"texts":false', '"texts":true', 1), "utf-8")
    *_, digest, verdict = output_of(capsys, ["check", str(file)], 1).splitlines()
    match = BLOCK.search(file.read_text("utf-8"))
    assert match
    assert digest == f"Seal of the data: {sha256(match[0].encode()).hexdigest()}"
    assert saved not in digest
    assert verdict.startswith("Not verified: ")


@given(st.data())
def test_every_altered_byte_of_the_data_is_found(drawn: st.DataObject) -> None:
    text = page(texts=True)
    match = BLOCK.search(text)
    assert match
    block = bytearray(match[0].encode())
    place = drawn.draw(st.integers(0, len(block) - 1))
    block[place] ^= drawn.draw(st.integers(1, 255))
    with TemporaryDirectory() as folder:
        path = Path(folder, "evidence.html")
        path.write_bytes(text[: match.start()].encode() + bytes(block) + text[match.end() :].encode())
        assert failed(check_evidence(path))


def test_a_forger_who_writes_the_digest_anew_is_found(file: Path) -> None:
    forged(file, lambda data: in_content(rater(data, "Ada")["events"][16], "30.", "31."))
    said = failed(check_evidence(file))
    assert "Data of this file" not in str(said)
    assert "Judgments of Ada: judgment 17 was altered, removed, or added" in said


preferences = st.sampled_from([0.0, 0.5, 1.0])
VOTES = st.lists(st.tuples(st.integers(0, 12), preferences), min_size=1, max_size=60)


@given(st.lists(VOTES, min_size=40, max_size=40), st.integers(0, 1000))
def test_rates_and_intervals_equal_those_of_the_product(studies: list[Any], seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(190, 400))  # with and without the sign-flip test
    large = [(int(p), float(rng.choice([0, 0.3, 0.5, 1]))) for p in rng.integers(0, count, 500)]
    single = [(p, float(rng.integers(0, 2))) for p in range(30)]
    cases = [
        [{"prompt": p, "preference": share, "choice": ""} for p, share in votes]
        for votes in (*studies, large, single)
    ]
    for votes, rate in zip(cases, node("rateOverPrompts(given)", cases), strict=True):
        shares = np.array([vote["preference"] for vote in votes], dtype=np.float64)
        own = rate_over_prompts(shares, np.array([vote["prompt"] for vote in votes]))
        for found, known in ((rate["low"], own.low), (rate["high"], own.high), (rate["value"], own.value)):
            assert found == (known if known is None else pytest.approx(known, abs=1e-9)), votes


def test_quantiles_and_the_incomplete_beta_function_equal_those_of_scipy() -> None:
    freedoms = [1, 2, 3, 5, 10, 29, 76, 199, 1000, 20_000]
    quantiles = node("studentQuantile(given)", freedoms)
    assert quantiles == pytest.approx(special.stdtrit(freedoms, 0.975), rel=1e-10)
    places = [[x, a, b] for x in (1e-6, 0.2, 0.5, 0.97) for a in (0.5, 3, 60.5) for b in (0.5, 7)]
    found = node("incompleteBeta(...given)", places)
    assert found == pytest.approx(special.betainc(*np.array(places).T[[1, 2, 0]]), rel=1e-11, abs=1e-300)


def test_a_blinded_study_has_no_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = evidence_study(tmp_path / "s.ftstudy", unblinded=False)
    said = errors_of(capsys, ["evidence", str(study), str(tmp_path / "e.html")], 2)
    assert "Evidence is saved after unblinding. Unblind the study first." in said
    assert not (tmp_path / "e.html").exists()


def test_an_altered_study_has_no_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = evidence_study(tmp_path / "s.ftstudy")
    with StudyFile.open(path, now=WRITTEN) as study:
        rows = [("[1]", "0" * 64)]
        monkeypatch.setattr(type(study.evidence), "audit", lambda _: iter(rows))
        with refuses("altered"):
            save_evidence(study, tmp_path / "e.html", now=WRITTEN)
    assert not (tmp_path / "e.html").exists()


def test_a_report_is_no_evidence_file(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("<!DOCTYPE html><main></main>", "utf-8")
    assert refusal_code(lambda: check_evidence(report)) == "no-evidence"
    assert refusal_code(lambda: check_evidence(tmp_path / "none.html")) == "unreadable"


def test_a_page_in_another_language_is_verified(tmp_path: Path) -> None:
    path = tmp_path / "evidence.html"
    with in_language("de"), StudyFile.open(evidence_study(tmp_path / "s.ftstudy"), now=WRITTEN) as study:
        save_evidence(study, path, now=WRITTEN)
    assert 'lang="de"' in path.read_text("utf-8")
    assert failed(check_evidence(path)) == []


def test_work_that_is_stopped_writes_nothing(tmp_path: Path) -> None:
    def stop(_name: str, _share: float | None) -> None:
        raise UserError("It was stopped.", code="stopped")

    with StudyFile.open(evidence_study(tmp_path / "s.ftstudy"), now=WRITTEN) as study, refuses("stopped"):
        save_evidence(study, tmp_path / "e.html", now=WRITTEN, progress=stop)
    assert not (tmp_path / "e.html").exists()


def new_key(path: Path, passphrase: str = "") -> Path:
    call = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)]
    subprocess.run(call, check=True)
    return path


def test_a_signature_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study, file = evidence_study(tmp_path / "s.ftstudy"), tmp_path / "e.html"
    key, other = new_key(tmp_path / "key"), new_key(tmp_path / "other")
    said = output_of(capsys, ["evidence", str(study), str(file), "--sign", str(key)])
    assert str(signature_path(file)) in said
    assert data_of(file)["study"]["title"] == "Cardiology review"
    check = ["check", str(file), "--signer"]
    assert "ok      Signature" in output_of(capsys, [*check, f"{key}.pub"])
    assert "NOT OK  Signature: not made" in output_of(capsys, [*check, f"{other}.pub"], 1)
    file.write_bytes(file.read_bytes() + b"\n")
    assert "NOT OK  Signature: not made" in output_of(capsys, [*check, f"{key}.pub"], 1)
    signature_path(file).unlink()
    assert "NOT OK  Signature: there is no file e.html.sig" in output_of(capsys, [*check, f"{key}.pub"], 1)


def test_a_key_that_cannot_sign_leaves_no_file(tmp_path: Path) -> None:
    key = new_key(tmp_path / "key", "passphrase")
    with StudyFile.open(evidence_study(tmp_path / "s.ftstudy"), now=WRITTEN) as study:
        with refuses("not-signed"):
            save_evidence(study, tmp_path / "e.html", now=WRITTEN, key=key, asks=False)
        with refuses("not-signed"):
            save_evidence(study, tmp_path / "e.html", now=WRITTEN, key=tmp_path / "none", asks=False)
    assert not (tmp_path / "e.html").exists()
