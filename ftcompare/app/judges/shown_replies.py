"""Judges' replies about the answers to one prompt, verbatim; shown after unblinding."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.judge import JudgeOutcome, JudgeReply, JudgeTry
from ftcompare.core.study import PromptId
from ftcompare.store.study.judges import PairToJudge
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class ShownReply:
    """One judge's reply about a pair in one order, or about one response."""

    judge: str
    systems: tuple[str, ...]  # systems of the shown responses, in the order shown
    outcome: str  # ``tie``, ``none``, the name of the preferred system, or a score
    tries: tuple[JudgeTry, ...]  # all attempts, verbatim

    def to_json(self) -> dict[str, Json]:
        """One entry of ``judges --replies --json``, as the command-line reference describes it."""
        tries: list[Json] = [
            {"text": one.text, "reasoning": one.reasoning, "problem": one.problem} for one in self.tries
        ]
        return {
            "judge": self.judge,
            "systems": [*self.systems],
            "outcome": self.outcome,
            "replies": tries,
        }


def shown_replies(study: StudyFile, prompt: str, judge: str = "") -> tuple[ShownReply, ...]:
    """The judges' replies about the answers to a prompt, by pair.

    Args:
        judge: name of a judge, to get only its replies; empty for all.

    Raises:
        UserError: ``still-blinded``; ``no-prompt``, ``no-judge``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    number = _prompt(study, prompt)
    if judge and study.judges.named(judge) is None:
        raise UserError("The study has no judge of this name.", where=judge, code="no-judge")
    wanted = study.judges.named(judge) if judge else None
    found: dict[tuple[object, ...], ShownReply] = {}
    for pair in study.judges.pairs():
        if pair.prompt == number:
            for reply in sorted(study.judges.replies_on(pair.comparison), key=_place):
                if wanted is None or reply.judge == wanted.id:
                    key = (reply.judge, reply.comparison, reply.a_first, reply.response)
                    found[key] = _shown(study, pair, reply)
    return tuple(found.values())


def _place(reply: JudgeReply) -> tuple[int, bool, int]:
    """Sort key: judges in the order in which they were added, then the order with ``a`` first."""
    return reply.judge, not reply.a_first, reply.response or 0


def _prompt(study: StudyFile, key: str) -> PromptId:
    found = next((one.id for one in study.prompts.all() if one.spec.key == key), None)
    if found is None:
        raise UserError(f"No prompt has the id {key!r}.", where=study.path.name, code="no-prompt")
    return found


def _shown(study: StudyFile, pair: PairToJudge, reply: JudgeReply) -> ShownReply:
    names = system_names(study)
    a, b = names[pair.system_a], names[pair.system_b]
    judge = next(one.name for one in study.judges.all() if one.id == reply.judge)
    if reply.response is not None:
        systems: tuple[str, ...] = (a if reply.response == pair.a else b,)
    else:
        systems = (a, b) if reply.a_first else (b, a)
    said = {JudgeOutcome.A: a, JudgeOutcome.B: b, JudgeOutcome.SCORE: f"{reply.score or 0:g}"}
    return ShownReply(judge, systems, said.get(reply.outcome, reply.outcome.value), reply.tries)
