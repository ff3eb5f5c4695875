"""The run in which a reward model scores single answers of a study.

Every score is stored at once. A pair gets its vote when both answers have scores: for the answer with the
higher score, or a tie where the scores are equal.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from ftcompare.app.generate.engine_run import Step, device_told
from ftcompare.app.judges.judge_prompt import without_control_tokens
from ftcompare.app.judges.judging_run import JudgingRun
from ftcompare.app.judges.questions import ALL_PAIRS, JudgeQuestion, PairChoice, chosen_pairs
from ftcompare.core.conversation import asked_messages, turns_before
from ftcompare.core.hashing import Json
from ftcompare.core.judge import JudgeKind, JudgeOutcome, JudgeReply, JudgeSpec, JudgeVote
from ftcompare.core.messages import Message
from ftcompare.core.plurals import counted
from ftcompare.core.recipe import Recipe
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import PromptSpec, ResponseId
from ftcompare.engine import protocol
from ftcompare.store.study.judges import PairToJudge
from ftcompare.store.study.study_file import StudyFile

REWARD = "reward"
"""Name of the engine's backend for reward models."""

AT_ONCE = 512
"""Number of answers per engine command; large, so that batches have answers of similar length."""


def preference_of(score_a: float, score_b: float) -> float:
    """σ(score_b - score_a): the probability that b is preferred in the model of Bradley & Terry 1952.

    Reward models are trained with this loss: Ouyang et al. 2022, "Training language models to follow
    instructions with human feedback", section 3.5.
    """
    difference = score_b - score_a
    if difference >= 0:
        return 1 / (1 + math.exp(-difference))
    return math.exp(difference) / (1 + math.exp(difference))


class RewardJudgingRun(JudgingRun):
    """Scores the unscored answers with a reward model; arguments and errors as in `JudgingRun`."""

    nothing_left = "Every answer is scored"
    stopped = "Stopped; every score so far is kept"
    kinds = (JudgeKind.REWARD,)

    def __init__(
        self,
        study: StudyFile,
        specs: Sequence[JudgeSpec],
        *,
        clock: Callable[[], datetime],
        pairs: PairChoice = ALL_PAIRS,
        own_system: bool = False,
        backend: str = REWARD,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            study, specs, clock=clock, pairs=pairs, own_system=own_system, backend=backend, ticks=ticks
        )
        self._pairs = chosen_pairs(self._study, self._choice)
        self._pairs_of: defaultdict[ResponseId, list[PairToJudge]] = defaultdict(list)
        for pair in self._pairs:
            self._pairs_of[pair.a].append(pair)
            self._pairs_of[pair.b].append(pair)
        self._scores: dict[ResponseId, float] = {}
        self.progress = self._show(counted="answers").progress

    def _work(self, loaded: RunRecord) -> Step:
        step = super()._work(loaded)
        self._scores = _known(self._study.judges.scores(self._asked.id))
        return step

    def _on_loaded(self, event: protocol.Loaded) -> Step:
        """Begin scoring; there is no adapter to verify."""
        self._show(device=device_told(event))
        return self._work(RunRecord(engine=event))

    def _record(self, loaded: RunRecord) -> dict[str, Json]:
        return {name: value for name, value in super()._record(loaded).items() if name != "words"}

    def _ask_more(self) -> Step:
        asked = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        if not asked:
            return self._next_group()
        return self._show(protocol.Reward(tuple(self._texts(asked))), stage="Scoring the answers")

    def _texts(self, asked: Sequence[JudgeQuestion]) -> Iterator[protocol.TextToScore]:
        responses = self._study.judges.responses({question.shown[0] for question in asked})
        for question in asked:
            response = responses[question.shown[0]]
            messages = rated_messages(self._prompts[question.prompt].spec, response.earlier)
            yield protocol.TextToScore(str(response.id), messages, without_control_tokens(response.text))

    def _take(self, event: protocol.Event) -> Step:
        if isinstance(event, protocol.Rewarded):
            return self._on_score(ResponseId(int(event.key)), event.score)
        if isinstance(event, protocol.ItemFailed):
            note = f"An answer cannot be scored: {event.reason}"
            notes = tuple(dict.fromkeys((*self.progress.notes, note)))
            return self._advance(failed=self.progress.failed + 1, notes=notes)
        return super()._take(event)

    def _on_score(self, response: ResponseId, score: float) -> Step:
        reply = JudgeReply(self._asked.id, JudgeOutcome.SCORE, (), response=response, score=score)
        with self._study.atomic():
            self._study.judges.add_reply(reply, examination=self._examination)
            self._scores[response] = score
            self._vote(self._pairs_of[response])
        return self._advance(done=self.progress.done + 1)

    def _vote(self, pairs: Sequence[PairToJudge]) -> None:
        for pair in pairs:
            if pair.a in self._scores and pair.b in self._scores:
                vote = vote_of_scores(self._scores[pair.a], self._scores[pair.b])
                self._study.judges.add_votes(self._asked, pair.comparison, [vote], now=self._clock())

    def _end(self) -> Step:
        self._vote_of_known()
        failed, total = self.progress.failed, self.progress.total
        told = f"Done, but {failed} of {counted(total, 'answer')} could not be scored"
        return self._show(finished=True, stage=told if failed else self.nothing_left, seconds_left=None)

    def _vote_of_known(self) -> None:
        """Store votes of pairs whose answers were both scored as part of other pairs."""
        for judge in filter(None, map(self._study.judges.known, self._specs)):
            self._judge, self._scores = judge, _known(self._study.judges.scores(judge.id))
            voted = self._study.judges.voted(judge)
            with self._study.atomic():
                self._vote([pair for pair in self._pairs if pair.comparison not in voted])


def _known(scores: dict[ResponseId, float | None]) -> dict[ResponseId, float]:
    return {response: score for response, score in scores.items() if score is not None}


def vote_of_scores(score_a: float, score_b: float) -> JudgeVote:
    """The vote on two answers: for the higher score."""
    choice = "tie" if score_a == score_b else "b" if score_b > score_a else "a"
    return JudgeVote(choice, {"a": 0.0, "tie": 0.5, "b": 1.0}[choice])


def rated_messages(prompt: PromptSpec, earlier: tuple[str, ...] = ()) -> tuple[Message, ...]:
    """The messages before an answer: the prompt without any recipe, with earlier turns.

    Anything that looks like a control token of a chat template is broken up, as for judges that reply in
    words.
    """
    messages = asked_messages(prompt, Recipe()) + turns_before(earlier, prompt.later_turns)
    return tuple(Message(one.role, without_control_tokens(one.content)) for one in messages)
