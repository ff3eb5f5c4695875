"""What the Raters page says: figures with their interval and n, sentences, and how each is computed."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from ftcompare.app.judging.raters import ExclusionEffect, RatersOverview, RaterWork
from ftcompare.app.results.figure_words import decimals
from ftcompare.app.results.quality import RaterQuality
from ftcompare.app.study.studies import waited_for
from ftcompare.core.disclosure import Withheld
from ftcompare.core.study import RaterKind
from ftcompare.stats.bang import BlindingIndex
from ftcompare.stats.quality import Share
from ftcompare.stats.win_rate import Rate
from ftcompare.store.packs import PackState
from ftcompare.ui.pages.results.words import Explanation, counted, name, percent, range_words
from ftcompare.ui.widgets.table import Cell, Column, Row


def words(text: str) -> str:
    """A text of the Raters page in the user's language."""
    return QCoreApplication.translate("Raters", text)


class Figure(float):
    """A number that is shown, sorted by and copied with its interval and its n."""

    shown: str

    def __new__(cls, value: float, shown: str) -> Figure:
        """The number, and how it is shown."""
        made = super().__new__(cls, value)
        made.shown = shown
        return made

    def __str__(self) -> str:
        """As shown."""
        return self.shown


def share_cell(share: Share) -> Figure | None:
    """``92% (74–98) of 36``; None where there is nothing to share."""
    if share.value is None:
        return None
    told = words("{share} ({range}) of {n}")
    span = range_words(share.low, share.high).removesuffix("%")
    shown = told.format(share=percent(share.value), range=span, n=share.n)
    return Figure(share.value, shown)


def index_cell(index: BlindingIndex) -> Figure | None:
    """``0.12 (-0.08 to 0.31) of 10``; None without a guess."""
    if index.value is None:
        return None
    told = words("{value} ({range}) of {n}")
    shown = told.format(value=decimals(index.value), range=index_range(index), n=index.guesses)
    return Figure(index.value, shown)


def index_range(index: BlindingIndex) -> str:
    """The interval of an index."""
    if index.low is None or index.high is None:
        return words("no interval")
    return words("{low} to {high}").format(low=decimals(index.low), high=decimals(index.high))


def moment(at: Cell) -> str:
    """A time as people say it, here: 20 Nov 10:31."""
    if not at:
        return "–"
    local = datetime.fromisoformat(str(at)).astimezone()
    return f"{local.day} {local:%b %H:%M}"


# --- the page's head -----------------------------------------------------------------------------


def standing(found: RatersOverview) -> str:
    """How many there are, and how many packs are still out."""
    people = sum(1 for work in found.work if work.rater.kind is RaterKind.HUMAN)
    told = counted(people, words("rater"), words("raters"))
    if found.planned and not found.rating_closed:
        told = words("{0} of {1} planned").format(told, found.planned)
    if not found.packs:
        return told
    back = sum(1 for pack in found.packs if pack.finished)
    return words("{raters} · {back} of {packs} back").format(
        raters=told, back=back, packs=counted(len(found.packs), words("pack"), words("packs"))
    )


def nobody(found: RatersOverview) -> str:
    """What to do where nobody has rated yet."""
    wanted = "" if found.rating_closed else waited_for(found.planned, 0, 0)
    told = words(
        "Here you will see who rates and how far they are. Raters work here at this machine, or anywhere "
        "with a rater pack: one file that holds their pairs and takes their judgments."
    )
    return f"{wanted}\n\n{told}" if wanted else told


def why_withheld(withheld: Withheld) -> str:
    """Why quality is not shown yet."""
    return words("Still blinded: only how far each rater is. {}").format(withheld.explained)


def effect_sentence(effect: ExclusionEffect | None) -> str:
    """What leaving raters out does to the result."""
    if effect is None:
        return words("Everyone counts. Who is left out is shown in the results, with and without.")
    told = words("Win rate of {system} by all: {all}. Without {n}: {kept}.")
    kept = rate_words(effect.kept) if effect.kept else words("no judgment is left")
    return told.format(
        system=name(effect.system), all=rate_words(effect.everyone), n=_left_out(effect), kept=kept
    )


def _left_out(effect: ExclusionEffect) -> str:
    return (
        words("the 1 left out")
        if len(effect.raters) == 1
        else words("the {0} left out").format(len(effect.raters))
    )


def rate_words(rate: Rate) -> str:
    """A rate with its interval: 64% (57–71%)."""
    span = range_words(rate.low, rate.high)
    return f"{percent(rate.value)} ({span})" if span else percent(rate.value)


# --- tables --------------------------------------------------------------------------------------


def progress_columns() -> list[Column]:
    """What is always shown."""
    here = words("Pairs that the rater has and judges in a pack.")
    skipped = words("Skipped and not come back to.")
    seen = words("The last judgment, skip or guess that this study knows of.")
    return [
        Column(words("Rater"), stretch=1),
        Column(words("Judged"), numeric=True, tip=_TIPS["judged"]()),
        Column(words("Of"), numeric=True),
        Column(words("Done"), numeric=True, words=_share_done),
        Column(words("Skipped"), numeric=True, tip=skipped),
        Column(words("In packs"), numeric=True, tip=here),
        Column(words("Last seen"), words=moment, tip=seen),
    ]


def progress_row(work: RaterWork) -> Row:
    """One rater's progress."""
    done = (work.judged + work.skipped) / work.total if work.total else None
    cells: tuple[Cell, ...] = (_rater(work, ""), work.judged, work.total, done, work.skipped, work.packs)
    return Row(work.rater.id, (*cells, work.last_seen))


def quality_columns() -> list[Column]:
    """What is shown after unblinding."""
    return [
        Column(words("Rater"), stretch=1),
        Column(words("Judged"), numeric=True, tip=_TIPS["judged"]()),
        Column(words("Ordinary"), numeric=True, tip=_TIPS["ordinary"]()),
        Column(words("Seconds\na pair"), numeric=True, words=_seconds, tip=_TIPS["seconds"]()),
        Column(words("Repeats\nalike"), numeric=True, tip=_TIPS["repeats"]()),
        Column(words("Gold\nright"), numeric=True, tip=_TIPS["gold"]()),
        Column(words("False\npreferences"), numeric=True, tip=_TIPS["controls"]()),
        Column(words("Left\nchosen"), numeric=True, tip=_TIPS["left"]()),
        Column(words("Guess\nindex"), numeric=True, tip=_TIPS["index"]()),
    ]


def quality_row(work: RaterWork, found: RaterQuality) -> Row:
    """One rater's figures."""
    figures = found.figures
    cells: tuple[Cell, ...] = (
        _rater(work, found.excluded),
        work.judged if work.total else figures.judgments,
        figures.judgments,
        figures.median_seconds,
        share_cell(figures.repeats),
        share_cell(figures.gold),
        share_cell(figures.controls),
        share_cell(figures.left),
        index_cell(found.blinding),
    )
    told = words("Left out: {0}").format(found.excluded) if found.excluded else ""
    return Row(work.rater.id, cells, tip=told, hidden=found.excluded)


def pack_columns() -> list[Column]:
    """What is known of packs."""
    return [
        Column(words("For"), stretch=1),
        Column(words("Made"), words=moment),
        Column(words("Pairs"), numeric=True),
        Column(words("Judged"), numeric=True),
        Column(words("State"), stretch=1),
    ]


def pack_row(pack: PackState) -> Row:
    """One pack."""
    cells = (pack.rater.name, pack.at, pack.items, pack.judged, pack_state(pack))
    return Row(pack.name, cells)


def pack_state(pack: PackState) -> str:
    """How far a pack is, as far as it was merged."""
    if not pack.merged_events:
        return words("out, nothing merged yet")
    if pack.finished:
        return words("merged, finished")
    return words("merged in part: {0} of {1}").format(pack.judged, pack.items)


def _rater(work: RaterWork, excluded: str) -> str:
    kind = words(" (automatic)") if work.rater.kind is RaterKind.AUTOMATIC else ""
    return f"{work.rater.name}{kind}{words(' – left out') if excluded else ''}"


def _share_done(value: Cell) -> str:
    return words("imported") if value is None else percent(float(value))


def _seconds(value: Cell) -> str:
    return "–" if value is None else f"{float(value):.0f}"


# --- how it is computed --------------------------------------------------------------------------

_TIPS = {
    "judged": lambda: words("Pairs judged; hidden repeats, controls and gold items are among them."),
    "ordinary": lambda: words("Of the pairs judged, those that count in the results: no repeats, no checks."),
    "seconds": lambda: words("Median active time of a judgment."),
    "repeats": lambda: words("Hidden repeats, sides swapped, on which the rater chose the same again."),
    "gold": lambda: words("Gold items on which the answer known to be better was chosen."),
    "controls": lambda: words("Of pairs of the same system twice, those on which one side was preferred."),
    "left": lambda: words("Of the judgments for one side, those for the left text."),
    "index": lambda: words("Bang's index: 0 as by chance, 1 always right, −1 always wrong."),
}


def explanation() -> Explanation:
    """How the figures of the table come about."""
    paragraphs = (
        words("Seconds a pair: the median of the active time from both texts on screen to the answer."),
        words(
            "Repeats alike: some pairs come again later with their sides swapped. Alike means that the same "
            "text was preferred again, or neither both times. Answering at random gives a third to a half."
        ),
        words("Gold right: of pairs with a known better answer, the share on which it was preferred."),
        words(
            "False preferences: of pairs of the same system twice, the share on which one side was "
            "preferred. Where the two texts are the same, any preference is a false one."
        ),
        words(
            "Left chosen: of the judgments for one side, the share for the left text. Sides are drawn at "
            "random, so it should be near one half."
        ),
        words(
            "Guess index: of the guesses which side was fine-tuned, (right − wrong) / all. 0 is chance; an "
            "interval that lies above 0 means that the rater could tell."
        ),
        words("The interval stands in brackets, then how many it rests on. A few of them say little."),
    )
    method = words("Wilson's interval for shares; Bang's index with its interval")
    source = "Wilson 1927; Bang, Ni & Davis 2004, Controlled Clinical Trials 25:143"
    return Explanation(words("Quality of a rater"), paragraphs, method, source)
