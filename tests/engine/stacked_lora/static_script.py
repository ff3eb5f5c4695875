"""Rows come and go by a script, each with tokens of its own, and what the model says to them is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.sampling import RandomStream
from ftcompare.engine.backends.local.stacked_lora.decoder import LiveSequence, SequenceBatch, SequenceTask
from ftcompare.engine.backends.local.stacked_lora.forward import Forward
from ftcompare.engine.backends.local.stacked_lora.prepared_model import stacked_layers, static_step
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients

PROMPTS = ((5, 6, 7, 8, 9, 10, 11), (3, 2, 1), tuple(range(20, 43)))


class Script:
    """Rows of all systems come and go, and each writes tokens of its own; what the model says is kept.

    Args:
        systems: that write.
        static: whether their steps are static.
    """

    def __init__(self, systems: LoadedSystems, *, static: bool) -> None:
        self.systems = systems
        self.keys = ["base", *systems.attached]
        self.logits: dict[tuple[int, int], list[Tensor]] = {}
        self.told: list[str] = []
        self._layers, _ = stacked_layers(systems)
        step = static_step(systems, strict=False)[0] if static else None
        self.forward = Forward(systems.base, self._layers, lambda: None, step, self.told.append)
        self.batch = SequenceBatch(self.forward, ["", *(name for name, _ in systems.attached.values())])

    def run(self, at_step: Callable[[], object] = lambda: None, *, longest: int = 55) -> Script:
        """Across every bucket up to 8 and three lengths of the columns, which begin again in between.

        Args:
            at_step: is called before each.
            longest: steps between rows that come and rows that go, as many as fill the columns.
        """
        self._at_step = at_step
        with self._layers.at_work(), no_gradients():
            self._enter([(0, system) for system in range(len(self.keys))], 8)
            self._steps(8)
            self._enter([(1, 0), (1, 1), (2, 1)], 8)
            self._steps(longest)
            self._leave([(0, 0), (0, 2), (1, 1)])
            self._steps(12)
            self._enter([(2, system) for system in range(2, len(self.keys))], 8)
            self._steps(9)
            last = 2, len(self.keys) - 1
            self._leave([place for place in self._places() if place not in (last, (1, 0))])
            self._steps(4)
            self._leave([(1, 0)])
            self._steps(8)
        return self

    def write_on(
        self, places: list[tuple[int, int]], steps: int, look: Callable[[int], object] = abs
    ) -> None:
        """So many steps of these rows, of which nothing is kept.

        Args:
            places: prompt and system of each.
            steps: of all.
            look: gets after each how often the cache was renewed.
        """
        with self._layers.at_work(), no_gradients():
            self._enter(places, len(places))
            for _ in range(steps):
                self.batch.step()
                look(self.forward.cache.renewals)

    def texts(self) -> Iterator[tuple[str, tuple[int, ...], Tensor]]:
        """For each row its system, prompt and tokens, and the logits (tokens, vocabulary)."""
        for (prompt, system), found in self.logits.items():
            tokens = tuple(self._token(prompt, system, at) for at in range(len(found) - 1))
            yield self.keys[system], (*PROMPTS[prompt], *tokens), torch.stack(found)

    def _enter(self, places: list[tuple[int, int]], slots: int) -> None:
        places = sorted(places, key=lambda place: place[1])
        rows = [
            LiveSequence(SequenceTask(Encoded(str(p), PROMPTS[p], 99), 0, s), RandomStream((1, 2)))
            for p, s in places
        ]
        self._keep(rows, self.batch.enter(rows, slots, {}))

    def _steps(self, count: int) -> None:
        for _ in range(count):
            self._at_step()
            self._keep(self.batch.rows, self.batch.step())

    def _keep(self, rows: Sequence[LiveSequence], logits: Tensor) -> None:
        for row, one in zip(rows, logits, strict=True):
            place = int(row.task.prompt.key), row.task.system
            self.logits.setdefault(place, []).append(one)
            row.tokens.append(self._token(*place, len(row.tokens)))

    def _leave(self, places: Sequence[tuple[int, int]]) -> None:
        of = dict(zip(self._places(), self.batch.rows, strict=True))
        self.batch.leave([of[place] for place in places])

    def _places(self) -> list[tuple[int, int]]:
        return [(int(row.task.prompt.key), row.task.system) for row in self.batch.rows]

    @staticmethod
    def _token(prompt: int, system: int, at: int) -> int:
        return (13 * at + 7 * system + 31 * prompt) % 300 + 4


def largest_difference(mine: Tensor, other: Tensor) -> float:
    """As a share of the largest logit."""
    return float((mine.float() - other.float()).abs().max() / other.float().abs().max())


def times_as_far(mine: Script, other: Script, exact: Script) -> float:
    """How many times as far from ``exact`` all logits of one are as those of the other: root mean squares."""
    places = sorted(exact.logits)
    found = [torch.cat([torch.stack(one.logits[at]).cpu().float() for at in places]) for one in (mine, other)]
    right = torch.cat([torch.stack(exact.logits[at]).cpu().float() for at in places])
    far = [float((one - right).square().mean().sqrt()) for one in found]
    return far[0] / far[1]
