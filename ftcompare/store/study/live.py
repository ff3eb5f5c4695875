"""Pairs of the live page: one rater asks and judges. They are never pooled with the study's pairs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from ftcompare.core.blinding import Candidate, draw, seeded
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.study import AllocationId, ComparisonKind, Message, RaterId, ResponseDraft, SystemId
from ftcompare.store.judging.verdict_recorder import to_event
from ftcompare.store.records import Undone
from ftcompare.store.sqlite.connection import Repository
from ftcompare.store.study.allocation import next_position, secrets, store_draw
from ftcompare.store.study.gold import log_comparisons
from ftcompare.store.study.prompts import Prompts
from ftcompare.store.study.responses import add_response, insert_comparison
from ftcompare.store.study.settings import StudySettings
from ftcompare.store.study.study_judgments import StudyJudgments

ADDED = "live-added"
"""Kind of the audit entry."""

_NEWEST = """SELECT e.* FROM allocations al JOIN events e ON e.id = al.standing
    WHERE al.rater = ? AND al.kind = 'live' AND al.standing IS NOT NULL ORDER BY al.standing DESC LIMIT 1"""


class Live(Repository):
    """Live pairs of a study."""

    def add(
        self,
        rater: RaterId,
        messages: tuple[Message, ...],
        drafts: Sequence[ResponseDraft],
        *,
        rng: Random,
        now: datetime,
        run: int | None = None,
        left: SystemId | None = None,
        later_turns: tuple[str, ...] = (),
    ) -> AllocationId:
        """Store two systems' answers to a rater's own prompt; draw the sides and log a commitment to them.

        Args:
            rater: the rater who asked.
            messages: the prompt.
            drafts: two responses, one of each system.
            rng: source of the seed from which the sides are drawn.
            now: the current time.
            run: id of the generation run, if there is one.
            left: the system whose answers were on the left in earlier turns and stay there; None to draw the
                side.
            later_turns: for a continued conversation, the user's turns after the first one.

        Returns:
            The allocation, which `judge` takes.

        Raises:
            UserError: ``unblinded`` if the study is unblinded.
        """
        if len({draft.system for draft in drafts}) != 2 or len(drafts) != 2:
            raise BugError("A live pair needs a response of each of two systems.", code="live-pair")
        with self._db.atomic():
            if not StudySettings(self._db).read().blinded:
                what = "This study is unblinded: a judgment given now would not be blind."
                how = "Look at the results; to judge more, make a new study."
                raise UserError(what, how=how, code="unblinded")
            prompt = Prompts(self._db).add_hidden("live", messages, later_turns).id
            # In every comparison, a is the response of the system that was added first.
            ordered = sorted(drafts, key=lambda draft: draft.system)
            a, b = (add_response(self._db, prompt, draft, run) for draft in ordered)
            comparison = insert_comparison(self._db, a, b, ComparisonKind.LIVE)
            log_comparisons(self._db, ADDED, [comparison], now=now)
            candidates = [Candidate(comparison, "live", ComparisonKind.LIVE)]
            while True:  # Draw again until the side is as asked: it can then be proved like any draw.
                seed, nonce = secrets(rng)
                placements = draw(candidates, rng=seeded(seed), first_position=next_position(self._db, rater))
                if left is None or placements[0].a_is_left == (ordered[0].system == left):
                    break
            return store_draw(self._db, rater, placements, seed=seed, nonce=nonce, now=now)[0]

    def systems(self, allocation: AllocationId) -> tuple[SystemId, SystemId]:
        """The systems of a pair, the left one first.

        Only for continuing the conversation; never to be shown.
        """
        sql = """SELECT al.a_is_left, a.system AS a, b.system AS b FROM allocations al
            JOIN comparisons c ON c.id = al.comparison
            JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b WHERE al.id = ?"""
        row = self._db.rows(sql, (allocation,))[0]
        pair = SystemId(row["a"]), SystemId(row["b"])
        return pair if row["a_is_left"] else (pair[1], pair[0])

    def undo(self, rater: RaterId, now: datetime) -> Undone | None:
        """Take back the rater's newest standing live judgment and return it; None if there is none."""
        with self._db.atomic():
            row = self._db.first(_NEWEST, (rater,))
            return StudyJudgments(self._db).take_back(to_event(row), now=now) if row else None
