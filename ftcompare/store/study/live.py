"""Pairs of the live page: asked by one rater, judged at once, never pooled with the study's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from ftcompare.core.blinding import Candidate, draw
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.study import AllocationId, ComparisonKind, Message, RaterId, ResponseDraft
from ftcompare.store.records import Undone
from ftcompare.store.sqlite.connection import seeded
from ftcompare.store.study.allocation import next_position, store_draw
from ftcompare.store.study.gold import log_comparisons
from ftcompare.store.study.judgment_log import RatingLog
from ftcompare.store.study.responses import add_response, insert_comparison
from ftcompare.store.study.settings import add_hidden_prompt, read_study
from ftcompare.store.study.workload_split import secrets

ADDED = "live-added"
"""Kind of the audit entry."""

_NEWEST = """SELECT e.* FROM allocations al JOIN events e ON e.id = al.standing
    WHERE al.rater = ? AND al.kind = 'live' AND al.standing IS NOT NULL ORDER BY al.standing DESC LIMIT 1"""


class LivePart(RatingLog):
    """Live pairs of a study."""

    def add_live(
        self,
        rater: RaterId,
        messages: tuple[Message, ...],
        drafts: Sequence[ResponseDraft],
        *,
        rng: Random,
        now: datetime,
        run: int | None = None,
    ) -> AllocationId:
        """Keeps what two systems answered to a rater's own prompt, with sides drawn and committed to.

        Args:
            rater: who asked, and judges.
            messages: the prompt.
            drafts: one response of each of two systems.
            rng: source of the sides.
            now: the time.
            run: of the generation, if one was started.

        Returns:
            The pair, to be judged with `judge`.

        Raises:
            UserError: ``unblinded``.
        """
        if len({draft.system for draft in drafts}) != 2 or len(drafts) != 2:
            raise BugError("A live pair needs a response of each of two systems.", code="live-pair")
        with self._db.atomic():
            if not read_study(self._db).blinded:
                raise UserError(
                    "This study is unblinded: a judgment given now would not be blind.",
                    how="Look at the results; to judge more, make a new study.",
                    code="unblinded",
                )
            prompt = add_hidden_prompt(self._db, "live", messages).id
            # As everywhere, a is the response of the system that was added first.
            ordered = sorted(drafts, key=lambda draft: draft.system)
            a, b = (add_response(self._db, prompt, draft, run) for draft in ordered)
            comparison = insert_comparison(self._db, a, b, ComparisonKind.LIVE)
            log_comparisons(self._db, ADDED, [comparison], now=now)
            seed, nonce = secrets(rng)
            placements = draw(
                [Candidate(comparison, "live", ComparisonKind.LIVE)],
                rng=seeded(seed),
                first_position=next_position(self._db, rater),
            )
            return store_draw(self._db, rater, placements, seed=seed, nonce=nonce, now=now)[0]

    def live_undo(self, rater: RaterId, now: datetime) -> Undone | None:
        """Takes back the rater's newest standing live judgment and returns it, or None."""
        with self._db.atomic():
            row = self._db.first(_NEWEST, (rater,))
            return self.take_back(row, now=now) if row else None
