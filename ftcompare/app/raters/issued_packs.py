"""Packs that were handed out: their kind, dates, progress, and merges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ftcompare.app.application_paths import PACK_SUFFIX
from ftcompare.app.raters.packs import left_sentences
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterId
from ftcompare.store.pack.merged_copies import PackHistory
from ftcompare.store.pack.merged_copies import PackIssue as PackIssue
from ftcompare.store.pack.repository import PackState
from ftcompare.store.study.study_file import StudyFile


class PackKind(StrEnum):
    """The place in which the rater of a pack judges."""

    WINDOW = "window"  # in FTCompare, in a file .ftpack
    PAGE = "page"  # in any browser, in a file .html


@dataclass(frozen=True, slots=True)
class IssuedPack:
    """A pack that was handed out."""

    state: PackState  # pairs, and how many are judged and skipped
    # when it was handed out, and when something of it came back
    history: PackHistory = field(default_factory=PackHistory)

    @property
    def kind(self) -> PackKind:
        return pack_kind(self.history.issues[-1]) if self.history.issues else PackKind.WINDOW

    @property
    def other(self) -> PackIssue | None:
        """Its newest issue of the other kind, which a rater may still hold; None where there is none."""
        issues = self.history.issues
        return next((one for one in reversed(issues) if pack_kind(one) is not self.kind), None)

    @property
    def issued(self) -> str:
        return self.history.issues[-1].at if self.history.issues else self.state.at

    @property
    def merged(self) -> str:
        """The time of the last merge, ISO 8601 UTC; empty without one."""
        return self.history.merges[-1] if self.history.merges else ""

    @property
    def standing(self) -> str:
        if not self.merged:
            return "out, merge undone" if self.history.taken_back else "out, nothing merged yet"
        return "merged, complete" if self.state.finished else "merged in part"

    @property
    def left_out(self) -> tuple[str, ...]:
        """Sentences on what the newest merge left out, and why."""
        return left_sentences(self.history.left, self.history.unasked, self.history.marks_left)


def pack_kind(issue: PackIssue) -> PackKind:
    return PackKind.PAGE if issue.page else PackKind.WINDOW


BOTH_KINDS = "the judgments of both cannot all be merged"
"""Why a rater must judge either in the page or in the window's pack."""


def other_kind_warnings(study: StudyFile, pack: str) -> tuple[str, ...]:
    """A sentence if a pack that was just written was also issued as the other kind; else none."""
    found = next((one for one in issued_packs(study) if one.state.name == pack), None)
    if found is None or found.other is None:
        return ()
    name, was, now = found.state.rater.name, _FORMS[pack_kind(found.other)], _FORMS[found.kind]
    return (
        f"{name} was given this pack as {was} before, and now as {now}: {BOTH_KINDS}. Tell {name} which "
        "one to use.",
    )


_FORMS = {PackKind.WINDOW: f"a file {PACK_SUFFIX}", PackKind.PAGE: "a page"}


def issued_packs(study: StudyFile) -> tuple[IssuedPack, ...]:
    histories = study.packs.histories()
    return tuple(IssuedPack(state, histories.get(state.name, PackHistory())) for state in study.packs.all())


def packs_of(packs: Iterable[IssuedPack], rater: RaterId) -> tuple[IssuedPack, ...]:
    return tuple(pack for pack in packs if pack.state.rater.id == rater)


def kind_words(packs: Sequence[IssuedPack], *, here: bool) -> str:
    """The places in which a rater judges: ``page``, ``window, page``, ``here``; ``here`` for pairs here."""
    issues = (pack_kind(one).value for pack in packs for one in pack.history.issues)
    kinds = dict.fromkeys(issues) or dict.fromkeys(pack.kind.value for pack in packs)
    return ", ".join([*kinds, *(("here",) if here or not kinds else ())])


def newest(times: Iterable[str]) -> str:
    """The latest of some times, ISO 8601 UTC; empty for none."""
    return max(times, default="")


def packs_json(packs: Iterable[IssuedPack]) -> list[Json]:
    return [_pack_json(pack) for pack in packs]


def _pack_json(pack: IssuedPack) -> dict[str, Json]:
    state, history = pack.state, pack.history
    issues: list[Json] = [{"at": one.at, "kind": pack_kind(one).value} for one in history.issues]
    left: list[Json] = [{"item": item, "why": why} for item, why in history.left]
    return {
        "pack": state.name,
        "kind": pack.kind.value,
        "issued": pack.issued,
        "issues": issues,
        "items": state.items,
        "judged": state.judged,
        "skipped": state.skipped,
        "merged_events": state.merged_events,
        "merged": pack.merged or None,
        "merges": len(history.merges),
        "all_merges": [{"at": at, "taken_back": until or None} for at, until in history.all_merges],
        "complete": state.finished,
        "taken_back": [{"at": at, "reason": reason} for at, reason in history.taken_back],
        "left_out": left,
        "guesses_left_out": [*history.unasked],
        "marks_left_out": history.marks_left or None,
    }


def far_words(pack: IssuedPack) -> str:
    """The progress of a pack: ``4 of 28 pairs judged, 1 skipped``."""
    state = pack.state
    return f"{state.judged:,} of {counted(state.items, 'pair')} judged, {state.skipped:,} skipped"
