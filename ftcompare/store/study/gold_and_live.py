"""Pairs beside the study's own: gold pairs with a known better answer, and pairs of the live page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from random import Random

from ftcompare.core import study
from ftcompare.core.blinding import Candidate, draw
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.hashing import Json, digest
from ftcompare.core.random_source import seeded
from ftcompare.core.rating_design import GoldItem
from ftcompare.store.judging.verdict_recorder import to_event
from ftcompare.store.records import Undone
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.study import audit
from ftcompare.store.study.allocation import next_position, secrets, store_draw
from ftcompare.store.study.prompts import Prompts, messages_digest, to_messages
from ftcompare.store.study.responses import add_response, insert_comparison
from ftcompare.store.study.settings import StudySettings
from ftcompare.store.study.study_judgments import StudyJudgments

GOLD_SYSTEM = "(known answers)"  # hidden system of the texts of gold items; its name is never shown

GOLD_ADDED = "gold-added"  # kind of the audit entry


class Gold(Repository):
    def add(self, items: Iterable[GoldItem], *, now: datetime) -> int:
        """Add pairs with a known better answer, all or none, without known ones; return their number."""
        with self._db.atomic():
            made = [self._add_item(number, item) for number, item in enumerate(items, start=1)]
            added = [comparison for comparison in made if comparison is not None]
            if added:
                log_comparisons(self._db, GOLD_ADDED, added, now=now)
            return len(added)

    def items(self) -> tuple[GoldItem, ...]:
        """Return the pairs that `add` stored."""
        rows = self._db.rows(
            """SELECT p.messages, a.text, b.text FROM comparisons c JOIN responses a ON a.id = c.a
                JOIN responses b ON b.id = c.b JOIN prompts p ON p.id = a.prompt
                JOIN systems s ON s.id = a.system AND s.kind = 'gold' WHERE c.kind = 'gold' ORDER BY c.id"""
        )
        return tuple(GoldItem(to_messages(messages), *texts) for messages, *texts in rows)

    def _add_item(self, number: int, item: GoldItem) -> study.ComparisonId | None:
        if item.better.strip() == item.worse.strip():
            what = "Both answers of a known-answer check are the same."
            how = "Give an answer that is clearly worse."
            raise UserError(what, where=f"item {number}", how=how, code="gold-same")
        system, prompt = self._system(), self._prompt(item.messages)
        if self._known(prompt, system, item):
            return None
        last: int = self._db.value(
            "SELECT COALESCE(MAX(sample), 0) FROM responses WHERE prompt = ? AND system = ?", (prompt, system)
        )
        drafts = (
            study.ResponseDraft(system, text, study.FinishReason.IMPORTED, sample=sample)
            for sample, text in enumerate((item.better, item.worse), start=last + 1)
        )
        a, b = (add_response(self._db, prompt, draft, None) for draft in drafts)
        return insert_comparison(self._db, a, b, study.ComparisonKind.GOLD)

    def _system(self) -> study.SystemId:
        known = self._db.first("SELECT id FROM systems WHERE kind = ?", (study.SystemKind.GOLD,))
        if known:
            return study.SystemId(known["id"])
        made = self._db.insert(
            "systems", name=GOLD_SYSTEM, kind=study.SystemKind.GOLD, model="", adapter="", neutral_name=""
        )
        return study.SystemId(made)

    def _prompt(self, messages: tuple[study.Message, ...]) -> study.PromptId:
        known = self._db.first(
            """SELECT id FROM prompts WHERE messages_digest = ? AND kind IN ('', 'gold')
                ORDER BY kind, id LIMIT 1""",
            (messages_digest(messages),),
        )
        return study.PromptId(known["id"]) if known else Prompts(self._db).add_hidden("gold", messages).id

    def _known(self, prompt: study.PromptId, system: study.SystemId, item: GoldItem) -> bool:
        found = self._db.first(
            """SELECT 1 FROM responses a
                JOIN comparisons c ON c.a = a.id AND c.kind = 'gold' JOIN responses b ON b.id = c.b
                WHERE a.prompt = ? AND a.system = ? AND a.text = ? AND b.text = ?""",
            (prompt, system, item.better, item.worse),
        )
        return found is not None


def log_comparisons(
    db: Connection, kind: str, comparisons: Sequence[study.ComparisonId], *, now: datetime
) -> None:
    """Log comparisons that cannot be derived from other contents of the study."""
    digest_of_all = comparisons_digest(db, comparisons)
    audit.append(db, kind, {"comparisons": [*comparisons], "digest": digest_of_all}, now=now)


def comparisons_digest(db: Connection, comparisons: Iterable[int]) -> str:
    return digest("comparisons", [_covered(db, comparison) for comparison in comparisons])


def _covered(db: Connection, comparison: int) -> list[Json]:
    row = db.first(
        """SELECT c.id, c.kind, p.kind AS hidden, p.digest AS prompt, a.digest AS a, b.digest AS b
            FROM comparisons c JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
            JOIN prompts p ON p.id = a.prompt WHERE c.id = ?""",
        (comparison,),
    )
    return [*row] if row else []


LIVE_ADDED = "live-added"  # kind of the audit entry

_NEWEST = """SELECT e.* FROM allocations al JOIN events e ON e.id = al.standing
    WHERE al.rater = ? AND al.kind = 'live' AND al.standing IS NOT NULL ORDER BY al.standing DESC LIMIT 1"""


class Live(Repository):
    def add(
        self,
        rater: study.RaterId,
        messages: tuple[study.Message, ...],
        drafts: Sequence[study.ResponseDraft],
        *,
        rng: Random,
        now: datetime,
        run: int | None = None,
        left: study.SystemId | None = None,
        later_turns: tuple[str, ...] = (),
    ) -> study.AllocationId:
        """Store two systems' answers to a rater's own prompt; draw the sides and log a commitment to them.

        Args:
            drafts: two responses, one of each system.
            rng: source of the seed from which the sides are drawn.
            left: the system on the left in earlier turns, which stays there; None to draw the side.
            later_turns: for a continued conversation, the user's turns after the first one.

        Returns:
            The allocation, which `judge` takes.
        """
        if len({draft.system for draft in drafts}) != 2 or len(drafts) != 2:
            raise BugError("A live pair needs a response of each of two systems.", code="live-pair")
        with self._db.atomic():
            if not StudySettings(self._db).read().blinded:
                what = "This study is unblinded, so a judgment given now would not be blind."
                how = "See the results, or make a new study to judge more."
                raise UserError(what, how=how, code="unblinded")
            prompt = Prompts(self._db).add_hidden("live", messages, later_turns).id
            # In every comparison, a is the response of the system that was added first.
            ordered = sorted(drafts, key=lambda draft: draft.system)
            a, b = (add_response(self._db, prompt, draft, run) for draft in ordered)
            comparison = insert_comparison(self._db, a, b, study.ComparisonKind.LIVE)
            log_comparisons(self._db, LIVE_ADDED, [comparison], now=now)
            candidates = [Candidate(comparison, "live", study.ComparisonKind.LIVE)]
            while True:  # Draw again until the side is as asked: it can then be proved like any draw.
                seed, nonce = secrets(rng)
                placements = draw(candidates, rng=seeded(seed), first_position=next_position(self._db, rater))
                if left is None or placements[0].a_is_left == (ordered[0].system == left):
                    break
            return store_draw(self._db, rater, placements, seed=seed, nonce=nonce, now=now)[0]

    def systems(self, allocation: study.AllocationId) -> tuple[study.SystemId, study.SystemId]:
        """Return the systems of a pair, the left one first; for continuing, never to be shown."""
        sql = """SELECT al.a_is_left, a.system AS a, b.system AS b FROM allocations al
            JOIN comparisons c ON c.id = al.comparison
            JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b WHERE al.id = ?"""
        row = self._db.rows(sql, (allocation,))[0]
        pair = study.SystemId(row["a"]), study.SystemId(row["b"])
        return pair if row["a_is_left"] else (pair[1], pair[0])

    def conversations(self) -> dict[study.PromptId, study.PromptId]:
        """Return each prompt with the first one of its conversation: that with the same first question."""
        sql = """SELECT id, MIN(id) OVER (PARTITION BY json_extract(messages, '$[0]')) AS first
            FROM prompts WHERE kind = 'live'"""
        return {row["id"]: row["first"] for row in self._db.rows(sql)}

    def undo(self, rater: study.RaterId, now: datetime) -> Undone | None:
        """Take back the rater's newest standing live judgment and return it; None if there is none."""
        with self._db.atomic():
            row = self._db.first(_NEWEST, (rater,))
            return StudyJudgments(self._db).take_back(to_event(row), now=now) if row else None
