"""How much of what was planned is judged: what raters and packs still owe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ftcompare.app.study.description import packs_out
from ftcompare.core.plurals import counted
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class OpenJudging:
    """What is still to be judged. Hidden repeats, controls and gold items are in no result and do not count.

    Args:
        planned: judgments that the written pairs are to have, all together; 0 where nobody is planned for
            and no pair was handed out, as where all judgments were imported.
        missing: of these, the ones that were neither given nor skipped.
        pairs: that lack some.
        packs: names of the raters whose packs are out.
    """

    planned: int
    missing: int
    pairs: int
    packs: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Whether nothing is to come."""
        return not self.missing and not self.packs

    @property
    def words(self) -> str:
        """What is to come, as the beginning of a sentence; empty for nothing."""
        return " and ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        if self.missing:
            yield (
                f"{self.missing:,} of {counted(self.planned, 'planned judgment')} "
                f"{'is' if self.missing == 1 else 'are'} open, on {counted(self.pairs, 'pair')}"
            )
        if self.packs:
            out = counted(len(self.packs), "rater pack")
            yield f"{out} {'is' if len(self.packs) == 1 else 'are'} out ({', '.join(self.packs)})"


def open_judging(study: StudyFile) -> OpenJudging:
    """Count what is to come. A pair that a rater has skipped is done with, as in a pack.

    A pair is to be judged as often as the study's design says; where raters do not share the pairs, once by
    each of those who are planned for or to whom pairs were handed out.
    """
    design, pairs = study.settings.design(), study.counts().pairs_written
    wanted = design.each or max(study.judgments.people_handed_pairs(), design.raters)
    answered = study.judgments.times_answered()
    lacking = [wanted - times for times in answered.values() if times < wanted]
    untouched = pairs - len(answered) if wanted else 0
    return OpenJudging(
        planned=pairs * wanted,
        missing=sum(lacking) + untouched * wanted,
        pairs=len(lacking) + untouched,
        packs=tuple(pack.rater.name for pack in packs_out(study)),
    )
