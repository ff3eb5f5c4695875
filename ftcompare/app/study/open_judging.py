"""How many planned judgments are still missing, and which rater packs are not merged yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ftcompare.app.study.description import packs_out
from ftcompare.core.plurals import counted
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class OpenJudging:
    """Judgments that are still to come. Hidden repeats, controls and gold items do not count."""

    # judgments planned for the written pairs, in total; 0 when no rater is planned and no pair was handed
    # out, for example when all judgments were imported
    planned: int
    missing: int  # planned judgments that are neither given nor skipped
    pairs: int  # number of pairs with missing judgments
    packs: tuple[str, ...]  # names of the raters whose packs are not merged yet

    @property
    def finished(self) -> bool:
        return not self.missing and not self.packs

    @property
    def words(self) -> str:
        """What is still to come, as the beginning of a sentence; empty when nothing is."""
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
    """Count the judgments still to come. A skipped pair counts as answered, as it does in a pack.

    The study's design says how many judgments a pair needs. Where raters do not share the pairs, this is the
    larger of the number of planned raters and the number of people who were handed pairs.
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
