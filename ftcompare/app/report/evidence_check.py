"""Verifies an evidence file from the file alone: chains, digests, and the main figures from their rows.

The script of the page makes the same checks in a reader's browser (`evidence_script/checks.js`), with the
same words. A test compares the findings of both on altered files.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from json.encoder import encode_basestring_ascii as quoted
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ftcompare.core.blinding import COMMITMENT_TAG
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import GENESIS, Json, digest, digest_spelled
from ftcompare.core.language import tr
from ftcompare.core.study import ComparisonKind, EventKind, IntegrityFinding, RaterKind, Split
from ftcompare.stats.win_rate import rate_over_prompts
from ftcompare.store.judging.verdict_recorder import EVENT_TAG
from ftcompare.store.study.audit import AUDIT_TAG
from ftcompare.store.study.study_judgments import by_response

DATA, DIGEST = "evidence-data", "evidence-digest"  # ids of elements of the page
ROW_TAG, LIST_TAG, TEXT_TAG = "evidence row", "evidence list", "evidence text"
PLAN_TAG = "sealed-plan"
EVERY = "all"  # part of the prompts that a figure is about; the other is `Split.HELD_OUT`
CLOSE = 1e-9  # largest difference between a printed and a recomputed figure

IDENTICAL = "identical"  # choice of a tie of identical answers, about which nobody was asked

COUNTS = ("prompts", "judgments", "wins_a", "wins_b", "ties", "both_bad")
RATES = ("rate", "low", "high")

_PARTS = {
    "data": re.compile(f'<script type="application/json" id="{DATA}">(.*?)</script>'.encode(), re.DOTALL),
    "digest": re.compile(f'<code id="{DIGEST}">(.*?)</code>'.encode(), re.DOTALL),
    "report": re.compile(rb"<main>(.*)</main>", re.DOTALL),
}
_CELL = re.compile(r'<td class="number" data-figure="(\d+) (\w+)">([^<]*)</td>')
_IMPOSSIBLE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
_SPACES = re.compile(r"[ \t\n\r\f]+")


class Problem(Exception):
    """An alteration, described for people."""


@cache
def findings() -> Mapping[str, str]:
    """English texts of the findings here and on the page, by the keys of the script."""
    return tomllib.loads(files(__package__).joinpath("evidence_script/findings.toml").read_text("utf-8"))


def say(key: str, **fields: object) -> str:
    return tr(findings()[key], **fields)


def _read(text: str | bytes) -> Any:
    """Parse JSON as a browser does, without Python's NaN and Infinity."""
    return json.loads(text, parse_constant=_no_number)


def _no_number(text: str) -> None:
    raise ValueError(text)


@dataclass(frozen=True, slots=True)
class PageParts:
    data: bytes
    digest: bytes
    report: bytes
    rest: bytes  # the page with these parts empty


def page_parts(page: bytes) -> PageParts | None:
    """Return the parts of an evidence file; None where one of them is missing."""
    parts, rest = {}, page
    for name, pattern in _PARTS.items():
        match = pattern.search(rest)
        if match is None:
            return None
        parts[name] = match.group(1)
        rest = rest[: match.start(1)] + rest[match.end(1) :]
    return PageParts(**parts, rest=rest)


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def text_digest(report: str) -> str:
    """Digest a report's text as a browser has it, without spaces and line ends."""
    parser = _Texts()
    parser.feed(report)
    parser.close()
    return digest(TEXT_TAG, _SPACES.sub("", "".join(parser.found)))


def page_digests(parts: PageParts) -> tuple[list[str], str]:
    """Digest the report, as bytes and as a browser has its text, and what is around report and data."""
    report = [sha256(parts.report).hexdigest(), text_digest(parts.report.decode("utf-8", "replace"))]
    return report, sha256(parts.rest).hexdigest()


def data_digest(path: Path) -> str:
    """Compute the digest of a file's data; empty where it has none."""
    parts = page_parts(_page(path))
    return sha256(parts.data).hexdigest() if parts else ""


def _page(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError("The file cannot be read.", where=str(path), code="unreadable") from error


def check_evidence(path: Path) -> tuple[IntegrityFinding, ...]:
    """Verify an evidence file; UserError where it is none, or cannot be read."""
    page = _page(path)
    parts = page_parts(page)
    if parts is None:
        if DATA.encode() not in page:
            how = "Evidence files are saved by `ftcompare evidence`, and under Results."
            raise UserError("This is not an evidence file.", where=str(path), how=how, code="no-evidence")
        return (_bad("data", say("unreadable")),)
    whole = sha256(parts.data).hexdigest().encode() == parts.digest
    results = [IntegrityFinding(say("data"), whole, say("same" if whole else "altered"))]
    try:
        data = _read(parts.data)
        kept = data["report"], data["page"]
    except _IMPOSSIBLE:
        return (*results, _bad("data", say("unreadable")))
    for subject, printed, own in zip(("report", "page"), kept, page_digests(parts), strict=True):
        results.append(
            IntegrityFinding(say(subject), printed == own, say("same" if printed == own else "altered"))
        )
    results.append(_finding("printed", lambda: _cells(data, page.decode("utf-8", "replace"))))
    return (*results, *data_findings(data))


def data_findings(data: Mapping[str, Any]) -> tuple[IntegrityFinding, ...]:
    checks: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
        ("lists", _lists),
        ("audit", _audit),
        ("draws", _draws),
        ("runs", _runs),
    )
    found = [_finding(subject, partial(check, data)) for subject, check in checks]
    try:
        for rater in data["raters"]:
            name = str(rater["name"])
            found.append(_finding("rater", partial(_rater, data, rater), name=name))
        if data["study"]["texts"]:
            found.append(_finding("texts", lambda: _texts(data)))
        if data["plan"]:
            found.append(_finding("plan", lambda: _plan(data)))
    except _IMPOSSIBLE:
        found.append(_bad("data", say("unreadable")))
    return (*found, _finding("figures", lambda: _figures(data)))


def _finding(subject: str, check: Callable[[], str], **fields: object) -> IntegrityFinding:
    try:
        return IntegrityFinding(say(subject, **fields), True, check())
    except Problem as problem:
        return _bad(subject, str(problem), **fields)
    except _IMPOSSIBLE:
        return _bad(subject, say("unreadable"), **fields)


def _bad(subject: str, detail: str, **fields: object) -> IntegrityFinding:
    return IntegrityFinding(say(subject, **fields), False, detail)


def list_digests(data: Mapping[str, Any]) -> dict[str, str]:
    """Digest what no chain covers: the lists by name, without contents that have digests of their own."""
    names = ("id", "name", "kind", "jury")
    raters: list[Json] = [[*(one[name] for name in names), len(one["events"])] for one in data["raters"]]
    figures: list[Json] = [[one[name] for name in ("a", "b", "raters", "part")] for one in data["figures"]]
    rows: dict[str, Json] = {name: data[name] for name in ("study", "systems", "pairs", "plan")}
    rows |= {name: data[name] for name in ("identical",) if name in data}  # not in files of earlier versions
    rows |= {name: [row[:5] for row in data[name]] for name in ("prompts", "answers")}
    rows["raters"], rows["figures"] = raters, figures
    return {name: digest(LIST_TAG, [name, row]) for name, row in rows.items()}


def _lists(data: Mapping[str, Any]) -> str:
    kept = data["lists"]
    for name, found in list_digests(data).items():
        if kept[name] != found:
            raise Problem(say("list_altered", name=name))
    return say("same")


def _broken_link(tag: str, start: str, rows: Iterable[list[str]]) -> int:
    """Return the number of the first row, from 1, that does not continue the chain; 0 if all do.

    A row without its texts has a digest of its own beside the link's, which cannot be computed without them.
    """
    previous = start
    for number, (content, link, *own) in enumerate(rows, start=1):
        if own:
            same = digest(ROW_TAG, [link, content]) == own[0]
        else:
            same = digest_spelled(tag, f"[{quoted(previous)},{content}]".encode()) == link
        if not same:
            return number
        previous = link
    return 0


def _entries(data: Mapping[str, Any], *kinds: str) -> list[tuple[int, dict[str, Any]]]:
    entries = (_read(content) for content, _ in data["audit"])
    return [(number, detail) for number, _at, kind, detail in entries if kind in kinds]


def _audit(data: Mapping[str, Any]) -> str:
    rows = data["audit"]
    broken = _broken_link(AUDIT_TAG, GENESIS, rows)
    in_order = not broken and all(_read(row[0])[0] == number for number, row in enumerate(rows, start=1))
    if not in_order or len(rows) != data["study"]["entries"]:
        raise Problem(say("entry_altered", number=broken or len(rows) + 1))
    return say("links", number=len(rows))


def _draws(data: Mapping[str, Any]) -> str:
    sealed = {d["draw"]: (d["rater"], d["commitment"]) for _, d in _entries(data, "allocated")}
    for number, rater, content, promise in data["draws"]:
        same = digest_spelled(COMMITMENT_TAG, content.encode()) == promise
        if not same or sealed.pop(number, None) != (rater, promise):
            raise Problem(say("draw_altered", number=number))
    if sealed:
        raise Problem(say("draw_altered", number=min(sealed)))
    return say("sealed_before", number=len(data["draws"]))


def _runs(data: Mapping[str, Any]) -> str:
    logged = {d["run"]: d["record"] for _, d in _entries(data, "run-started")}
    for number, content in data["runs"]:
        if logged.pop(number, None) != digest_spelled("run", content.encode()):
            raise Problem(say("record_altered", number=number))
    if logged:
        raise Problem(say("record_altered", number=min(logged)))
    for system in data["systems"]:
        if system["weights"] and not any(quoted(system["weights"]) in content for _, content in data["runs"]):
            raise Problem(say("weights_altered", name=system["name"]))
    return say("records", number=len(data["runs"]))


class ChainedEvent(NamedTuple):
    number: int
    allocation: int
    pair: int
    draw: int | None
    place: int | None
    a_is_left: bool | None
    shown: list[str]
    kind: str
    choice: str
    preference: float | None
    retracts: int | None


def _events(rater: Mapping[str, Any]) -> Iterator[ChainedEvent]:
    for content, *_ in rater["events"]:
        _, number, (allocation, pair, draw, place, left), shown, done, _ = _read(content)
        yield ChainedEvent(
            number, allocation, pair, draw, place, left, shown, done[0], done[1], done[3], done[8]
        )


_Places = Mapping[tuple[int, int | None], tuple[int, bool, int | None]]


def _placed(data: Mapping[str, Any]) -> _Places:
    """Return pair, side, and place of the repeated pair, by draw and place."""
    places = {}
    for number, _, content, _ in data["draws"]:
        for pair, place, a_is_left, *more in _read(content)[1]:
            places[number, place] = (pair, a_is_left, more[0] if more else None)
    return places


def _rater(data: Mapping[str, Any], rater: Mapping[str, Any]) -> str:
    rows, start = rater["events"], digest("rater", [rater["id"], rater["name"], rater["kind"]])
    ends = [d["heads"].get(str(rater["id"])) for _, d in _entries(data, "unblinded") if "heads" in d]
    broken = _broken_link(EVENT_TAG, start, rows)
    for number, head in filter(None, ends):
        if not broken and (len(rows) < number or rows[number - 1][1] != head):
            broken = min(len(rows) + 1, number)
    if broken:
        raise Problem(say("judgment_altered", number=broken))
    digests = {answer[0]: answer[4] for answer in data["answers"]}
    pairs = {number: [digests[a], digests[b]] for number, _, a, b in data["pairs"]}
    draws, placed = {draw[0]: draw[1] for draw in data["draws"]}, _placed(data)
    for number, event in enumerate(_events(rater), start=1):
        if event.number != number:
            raise Problem(say("judgment_altered", number=number))
        if event.draw is not None:
            drawn = placed[event.draw, event.place][:2]
            if draws[event.draw] != rater["id"] or drawn != (event.pair, event.a_is_left):
                raise Problem(say("not_drawn", number=number))
        if pairs[event.pair] != event.shown:
            raise Problem(say("other_answers", number=number))
    _standing(rater)
    others = sum(len(row) > 2 for row in rows)
    return say("links_and_others" if others else "links", number=len(rows) - others, others=others)


def _standing(rater: Mapping[str, Any]) -> list[ChainedEvent]:
    """Return the judgments that stand, after all that was taken back."""
    events = [*_events(rater)]
    standing: dict[int, ChainedEvent] = {}
    for event in events:
        if event.kind == EventKind.RETRACTION:
            back = events[(event.retracts or 0) - 1]
            if back.kind != EventKind.GUESS and standing.pop(back.allocation, None) != back:
                raise Problem(say("takes_nothing", number=event.number))
        elif event.kind != EventKind.GUESS:
            if event.allocation in standing:
                raise Problem(say("takes_nothing", number=event.number))
            standing[event.allocation] = event
    return [event for event in standing.values() if event.kind == EventKind.JUDGMENT]


def _texts(data: Mapping[str, Any]) -> str:
    prompts = {prompt[0]: prompt for prompt in data["prompts"]}
    systems = {system["id"]: system["name"] for system in data["systems"]}
    for _, key, category, split, known, content in prompts.values():
        said = _read(content)
        same = digest_spelled("prompt", content.encode()) == known
        if not same or [said[0], *said[2:4]] != [key, category, split]:
            raise Problem(say("prompt_altered", name=key))
    for number, prompt, system, sample, known, content in data["answers"]:
        said = _read(content)
        row = [prompts[prompt][4], [system, systems[system]], sample]
        if digest_spelled("response", content.encode()) != known or [said[0], said[1][:2], said[2]] != row:
            raise Problem(say("answer_altered", number=number, name=prompts[prompt][1]))
    return say("contents", number=len(prompts) + len(data["answers"]))


def _plan(data: Mapping[str, Any]) -> str:
    for number, content, known in data["plan"]:
        entry, same = data["audit"][number - 1][0], digest_spelled(PLAN_TAG, content.encode()) == known
        if not same or f'"document":{content}' not in entry or f'"digest":{quoted(known)}' not in entry:
            raise Problem(say("plan_altered", number=number))
    return say("plans", number=len(data["plan"]))


class CountedVote(NamedTuple):
    prompt: int
    split: str
    choice: str
    preference: float


_Key = tuple[str, str, str]  # names of a and b, and the kind of raters


def _votes(data: Mapping[str, Any]) -> dict[_Key, list[CountedVote]]:
    """Return the standing judgments of ordinary pairs, without repeats and juries."""
    systems = {system["id"]: system["name"] for system in data["systems"]}
    splits = {prompt[0]: prompt[3] for prompt in data["prompts"]}
    names = {prompt[0]: prompt[1] for prompt in data["prompts"]}
    written = {answer[0]: answer for answer in data["answers"]}
    ordinary = (pair for pair in data["pairs"] if pair[1] == ComparisonKind.ORDINARY)
    pairs = {number: (written[a], written[b]) for number, _, a, b in ordinary}
    placed, votes = _placed(data), defaultdict(list)
    for rater in data["raters"]:
        for event in () if rater["jury"] else _standing(rater):
            repeats = event.draw is not None and placed[event.draw, event.place][2] is not None
            if event.pair not in pairs or repeats:
                continue
            a, b = pairs[event.pair]
            choice = by_response(event.choice, event.a_is_left)
            share = {"a": 0.0, "b": 1.0}.get(choice, 0.5) if event.preference is None else event.preference
            if not 0 <= share <= 1:
                raise ValueError(share)
            key = systems[a[2]], systems[b[2]], str(rater["kind"])
            votes[key].append(CountedVote(a[1], splits[a[1]], choice, share))
    for prompt, one, other, each in data.get("identical", ()):
        answers = [row for row in written.values() if row[1] == prompt and row[2] in (one, other)]
        samples = len({row[3] for row in answers}) or 1
        if data["study"]["texts"] and len({(row[3], _read(row[5])[5].strip()) for row in answers}) != samples:
            raise Problem(say("answers_differ", name=names[prompt]))
        tie = CountedVote(prompt, splits[prompt], IDENTICAL, 0.5)
        votes[systems[one], systems[other], RaterKind.HUMAN.value].extend([tie] * each)
    return votes


def recomputed(data: Mapping[str, Any]) -> dict[tuple[str, ...], dict[str, float | None]]:
    """Return the main figures from the rows, by a, b, kind of raters, and part of the prompts."""
    figures: dict[tuple[str, ...], dict[str, float | None]] = {}
    for key, votes in _votes(data).items():
        unseen = [vote for vote in votes if vote.split == Split.HELD_OUT]
        for part, some in ((EVERY, votes), (Split.HELD_OUT.value, unseen)):
            if any(vote.choice != IDENTICAL for vote in some):
                figures[*key, part] = _figure(some)
    return figures


def _figure(votes: list[CountedVote]) -> dict[str, float | None]:
    prompts, by = np.array([vote.prompt for vote in votes]), Counter(vote.choice for vote in votes)
    rate = rate_over_prompts(np.array([vote.preference for vote in votes], dtype=np.float64), prompts)
    judged = {vote.prompt for vote in votes if vote.choice != IDENTICAL}
    number = len(votes) - by[IDENTICAL]
    counts = len(judged), number, by["a"], by["b"], by["tie"], by["both_bad"]
    return {**dict(zip(COUNTS, counts, strict=True)), "rate": rate.value, "low": rate.low, "high": rate.high}


def _figures(data: Mapping[str, Any]) -> str:
    found = recomputed(data)
    for printed in data["figures"]:
        own = found.get((printed["a"], printed["b"], printed["raters"], printed["part"]))
        if own is None:
            raise Problem(say("figure_missing", **figure_subject(printed)))
        for name in (*COUNTS, *RATES):
            if not _equal(own[name], printed[name], CLOSE):
                subject = figure_subject(printed)
                values = {"printed": _exactly(name, printed[name]), "found": _exactly(name, own[name])}
                raise Problem(say("figure_differs", figure=say(name), **subject, **values))
    return say("recomputed", number=len(data["figures"]))


def _equal(one: float | None, other: object, close: float) -> bool:
    if one is None or not isinstance(other, int | float) or isinstance(other, bool):
        return one is other
    if not isfinite(other):
        raise ValueError(other)
    return abs(one - other) <= close


def figure_subject(figure: Mapping[str, Any]) -> dict[str, str]:
    """Return the pair and the part of the prompts that a figure is about, in words."""
    pair = "pair" if figure["raters"] == "human" else "pair_programs"
    return {"pair": say(pair, a=figure["a"], b=figure["b"]), "part": say(f"part_{figure['part']}")}


def _exactly(name: str, value: object) -> str:
    precise = name in RATES and isinstance(value, int | float)
    return f"{value:.9f}" if precise else json.dumps(value)


def cell_text(figure: Mapping[str, Any], name: str) -> str:
    value = figure[name]
    return "–" if value is None else f"{100 * value:.1f}%" if name in RATES else str(value)


def _cells(data: Mapping[str, Any], page: str) -> str:
    cells = {(int(row), name): text for row, name, text in _CELL.findall(page)}
    for row, figure in enumerate(data["figures"]):
        for name in (*COUNTS, *RATES):
            found, shown = cell_text(figure, name), cells.get((row, name), "")
            if found != shown:
                subject = figure_subject(figure)
                raise Problem(say("cell_differs", figure=say(name), **subject, printed=shown, found=found))
    return say("same")
