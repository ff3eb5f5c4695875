"""Losses and gains of fine-tuning: the prompts that one system won by a wide margin, and their blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ftcompare.app.results.claim_sentences import divided_raters
from ftcompare.app.results.presentation import blocks, pair_results
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.chart_data import ForestPlot, ForestRow
from ftcompare.app.results.presentation.value_table import ValueColumn, ValueRow, ValueTable
from ftcompare.app.results.study_results import votes
from ftcompare.app.review.result_slice import Dimension
from ftcompare.core.disclosure import Subject
from ftcompare.core.language import N_, counted, decimal, in_own_signs, named_value, sentences, tr, trn
from ftcompare.core.study import PromptSpec, RaterKind, Split
from ftcompare.stats.slices import CLEAR as CLEAR
from ftcompare.stats.slices import PromptVotes, chance_of_share, number_by_chance, votes_by_prompt
from ftcompare.stats.summary import SummarySlice
from ftcompare.stats.win_rate import SAME, wilson
from ftcompare.store.study.study_file import StudyFile

SPLITS = (Split.TRAINED, Split.PARAPHRASE, Split.HELD_OUT)


@dataclass(frozen=True, slots=True)
class JudgedPrompt:
    """The judgments of one kind of raters for a pair of systems on one prompt."""

    spec: PromptSpec
    votes: PromptVotes


@dataclass(frozen=True, slots=True)
class Clarity:
    """The rule for when a prompt counts as won by a wide margin."""

    at_least: float = CLEAR  # minimum mean share of the votes for the winner; more than 1/2, at most 1
    raters: int = 1  # minimum number of raters; prompts with fewer are left out


@dataclass(frozen=True, slots=True)
class ClearShare:
    """The share of prompts that one system won by a wide margin."""

    name: str  # the category or split as stored; empty for prompts without one
    prompts: int  # number of prompts with enough raters; at least 1
    clear: int  # number of these that were won by a wide margin
    # lower end of the 95% Wilson interval of ``clear / prompts``; each prompt counts once. ``high`` is the
    # upper end.
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.clear / self.prompts


@dataclass(frozen=True, slots=True)
class ClearPrompts:
    gained: bool  # whether b is the winner; otherwise a is
    clarity: Clarity  # the rule that was applied
    whole: ClearShare | None  # share over all prompts; None where no prompt has enough raters
    categories: tuple[ClearShare, ...]  # share in each category with judged prompts, largest first
    splits: tuple[ClearShare, ...]  # share in each split, in fixed order; empty where no prompt has a split
    # the prompts won so, in the order of ``categories``, then the clearest first
    prompts: tuple[JudgedPrompt, ...]
    other_way: int  # number of prompts that the other system won by as wide a margin
    passed_over: int  # number of prompts with too few raters
    one_rater: int  # number of counted prompts with a single rater
    # number of prompts to expect if a coin decided the side of each vote, and the probabilities that it gives
    # at most, and at least, as many as were won
    by_chance: float = 0.0
    at_most: float = 1.0
    at_least: float = 1.0

    def share(self, prompt: JudgedPrompt) -> float:
        return _share(prompt, gained=self.gained)


def judged_prompts(study: StudyFile, a: str, b: str, kind: RaterKind) -> tuple[JudgedPrompt, ...]:
    """Every prompt on which raters of a kind judged a pair.

    ``a`` is the name of the system that was added first, ``b`` of the other.

    Raises:
        UserError: ``still-blinded``, because single prompts and their winners could reveal the systems.
    """
    study.settings.read().disclosure.require(Subject.PROMPT_WINNERS, where=study.path.name)
    specs = {str(prompt.id): prompt.spec for prompt in study.prompts.all()}
    return tuple(JudgedPrompt(specs[one.prompt], one) for one in votes_by_prompt(votes(study), a, b, kind))


def usual_clarity(judged: Iterable[JudgedPrompt]) -> Clarity:
    """The default rule: three quarters of the votes, and two raters where most prompts have two or more."""
    counts = [prompt.votes.raters for prompt in judged]
    several = sum(1 for count in counts if count > 1)
    return Clarity(raters=2 if 2 * several > len(counts) else 1)


def clear_prompts(judged: Iterable[JudgedPrompt], clarity: Clarity, *, gained: bool = False) -> ClearPrompts:
    """Select the prompts that one system won by a wide margin, by category and split.

    With ``gained``, the wins of b (gains of fine-tuning); else those of a (its losses).
    """
    every = tuple(judged)
    counted = [prompt for prompt in every if prompt.votes.raters >= clarity.raters]
    won = [prompt for prompt in counted if _clear(prompt, clarity, gained=gained)]
    chances = [chance_of_share(prompt.votes.leans, clarity.at_least) for prompt in counted]
    at_most, at_least = number_by_chance(chances, len(won))
    categories = _shares(counted, won, lambda prompt: prompt.spec.category)
    categories.sort(key=lambda part: (-part.value, -part.clear, part.name))
    place = {part.name: number for number, part in enumerate(categories)}
    splits = {part.name: part for part in _shares(counted, won, lambda prompt: prompt.spec.split.value)}

    def order(prompt: JudgedPrompt) -> tuple[int, float, int, str]:
        spec, share = prompt.spec, _share(prompt, gained=gained)
        return place[spec.category], -share, -prompt.votes.raters, spec.key

    return ClearPrompts(
        gained=gained,
        clarity=clarity,
        whole=_part("", len(counted), len(won)) if counted else None,
        categories=tuple(categories),
        splits=tuple(splits[split.value] for split in SPLITS if split.value in splits),
        prompts=tuple(sorted(won, key=order)),
        other_way=sum(1 for prompt in counted if _clear(prompt, clarity, gained=not gained)),
        passed_over=len(every) - len(counted),
        one_rater=sum(1 for prompt in counted if prompt.votes.raters == 1),
        by_chance=sum(chances),
        at_most=at_most,
        at_least=at_least,
    )


def _share(prompt: JudgedPrompt, *, gained: bool) -> float:
    return prompt.votes.preference if gained else 1 - prompt.votes.preference


def _clear(prompt: JudgedPrompt, clarity: Clarity, *, gained: bool) -> bool:
    return _share(prompt, gained=gained) >= clarity.at_least - SAME


def _shares(
    counted: Iterable[JudgedPrompt], won: Iterable[JudgedPrompt], by: Callable[[JudgedPrompt], str]
) -> list[ClearShare]:
    clear = Counter(map(by, won))
    return [_part(name, count, clear[name]) for name, count in Counter(map(by, counted)).items()]


def _part(name: str, prompts: int, clear: int) -> ClearShare:
    return ClearShare(name, prompts, clear, *wilson(clear, prompts))


NAMED = 5
"""Maximum number of categories named in a sentence."""
LONG, SHORT, NARROW = 60, 28, 18
"""Number of characters of a name in a sentence, on a button, and in a column title."""
EVEN = 0.5
NEARLY = 0.7
"""From this share of what chance gives on, a number is "about as many"."""
TENTHS_BELOW = 10
"""Averages below this number are written with one decimal."""
UNLIKELY = 0.05
"""Below this probability, a number of prompts is more, or fewer, than chance gives."""
PARTS = (Dimension.SPLIT, Dimension.CATEGORY)
NO_CATEGORY = N_("No category")


DOUBT_RULE = (
    "A system is clearly preferred in a category or split if p is below 5%. p is that of the claim "
    "about these raters, after Holm's correction for looking at all parts of the prompts at once.",
    N_("If neither system were preferred anywhere, some part would be called so in at most 5% of studies."),
)


@dataclass(frozen=True, slots=True)
class ClearWins:
    told: pair_results.PairResults
    found: ClearPrompts

    @property
    def winner(self) -> str:
        return say.name(self.told.pair.b if self.found.gained else self.told.pair.a, LONG)

    @property
    def single(self) -> bool:
        """Whether each prompt was judged by one rater, so that no margin is wide."""
        return self.found.whole is not None and self.found.one_rater == self.found.whole.prompts

    @property
    def beyond_doubt(self) -> tuple[SummarySlice, ...]:
        """Splits and categories in which the winner is clearly preferred, corrected for their number."""
        return tuple(part for part in self.ahead(*PARTS) if part.beyond_doubt)

    def ahead(self, *dimensions: Dimension) -> tuple[SummarySlice, ...]:
        """Subsets by the given dimensions in which the winner was preferred, clearest first."""
        side = 1 if self.found.gained else -1
        parts = (s for s in self.told.slices(*dimensions) if side * (s.rate.value - EVEN) > 0)
        return tuple(sorted(parts, key=lambda part: -side * part.rate.value))

    @property
    def other(self) -> str:
        return say.name(self.told.pair.a if self.found.gained else self.told.pair.b, LONG)


def directions(results: pair_results.PairResults) -> tuple[str, str]:
    lost, won = (tr("Won by {system}", say.name(s, SHORT)) for s in (results.pair.a, results.pair.b))
    return lost, won


def cost_headline(wins: ClearWins) -> str:
    """The number of lost or gained prompts, and how many chance would give."""
    found = wins.found
    if found.whole is None:
        return trn("No prompt was judged by {number} (rater|raters) or more.", found.clarity.raters)
    clear = found.whole.clear
    if wins.single:
        text = N_("Of {prompts}, {winner} won {clear}, {chance}.")
        text = text if clear else N_("Of {prompts}, {winner} won none.")
    elif clear:
        text = N_(
            "Of {prompts}, {winner} won {clear} by a wide margin (at least {share} of the judgments), "
            "{chance}."
        )
    else:
        text = N_("Of {prompts}, {winner} won none by a wide margin (at least {share} of the judgments).")
    return tr(
        text,
        winner=wins.winner,
        share=say.percent(found.clarity.at_least),
        clear=clear,
        prompts=counted(found.whole.prompts, "prompt"),
        chance=_chance_words(wins, clear),
    )


def _chance_words(wins: ClearWins, clear: int) -> str:
    """How many prompts chance alone would give, within a sentence."""
    found = wins.found
    if found.at_least < UNLIKELY:
        text = N_("more than by chance ({number} on average)")
    elif wins.beyond_doubt:  # too few prompts in all, and yet a clear preference in one part
        text = N_("against {number} by chance on average")
    elif found.at_most < UNLIKELY or clear < NEARLY * found.by_chance:
        text = N_("fewer than by chance ({number} on average)")
    else:
        text = N_("about as many as by chance ({number} on average)")
    number = in_own_signs(f"{found.by_chance:.{int(found.by_chance < TENTHS_BELOW)}f}")
    return tr(text, number=number)


def doubt_paragraph(wins: ClearWins) -> blocks.Paragraph:
    """Subsets in which the win rate itself, not only single prompts, favors the winner."""
    parts = [_part_words(part, wins) for part in wins.beyond_doubt]
    more = [tr("{parts} more", len(parts) - NAMED)] if len(parts) > NAMED else []
    named = ", ".join((*parts[:NAMED], *more))
    text = trn(
        "(One rater prefers|Raters clearly prefer) {winner} on {parts}.",
        wins.told.pair.raters,
        wins.winner,
        named,
    )
    if not parts:
        text = tr("No category or split shows a clear preference for {winner}.", wins.winner)
    if not wins.told.slices(*PARTS):
        text = ""
    return blocks.Paragraph(text, explanation=_doubt_explanation(wins))


def _part_words(part: SummarySlice, wins: ClearWins) -> str:
    return tr(
        "{part} (win rate of {system} {rate}, {interval})",
        pair_results.slice_phrase(part.dimension, part.name),
        say.name(wins.told.pair.b, LONG),
        say.percent(part.rate.value),
        say.range_words(part.rate.low, part.rate.high),
    )


def _doubt_explanation(wins: ClearWins) -> blocks.Explanation:
    text = N_("Here the win rate of {system} is clearly below 50% in:")
    if wins.found.gained:
        text = N_("Here the win rate of {system} is clearly above 50% in:")
    rates = (
        tr(
            "“{part}”: {explanation} {p}, corrected {p_adjusted}.",
            pair_results.slice_name(p.dimension, p.name),
            p.rate.explanation,
            say.p_equation(p.p),
            say.p_value(p.p_adjusted),
        )
        for p in wins.beyond_doubt[:NAMED]
    )
    looked = tr(text, system=say.name(wins.told.pair.b, LONG))
    numbers = sentences(looked, *rates) if wins.beyond_doubt else ""
    return blocks.Explanation(
        tr("Clear preference"),
        tuple(map(tr, DOUBT_RULE)),
        tr("t over prompt means and the exact sign-flip test, Holm's correction"),
        "Student 1908; Holm 1979",
        (numbers,) if numbers else (),
    )


def cost_lines(wins: ClearWins) -> tuple[str, str]:
    """A clear preference in a part of the prompts or else the prompts won, and what else is known."""
    won, doubt, notes = cost_headline(wins), doubt_paragraph(wins).text, cost_notes(wins)
    if wins.beyond_doubt:
        return doubt, sentences(won, notes)
    return won, sentences(notes, doubt)


def worse_sentence(wins: ClearWins, which: str = "") -> str:
    """The first of `cost_lines` after a title, with the raters who clearly prefer a if others prefer b.

    ``which``: words after the title; may be empty.
    """
    results, (_, for_a) = wins.told, divided_raters(wins.told.pair)
    title = tr("What got worse") if results.tuned else tr("Where {system} falls behind", results.pair.b)
    divided = tr("{raters} preferred {system}.", for_a, results.pair.a)
    lines = divided if for_a and not wins.beyond_doubt else "", cost_lines(wins)[0]
    return named_value(f"{title}{which}", sentences(*lines))


def cost_notes(wins: ClearWins) -> str:
    """What to read the prompts for, and cautions against reading single prompts as a result."""
    found, notes = wins.found, []
    if found.prompts and wins.beyond_doubt:
        notes.append(tr("Read those where the preference is clear."))
    elif found.prompts and not found.gained:
        notes.append(tr("Read them for errors that matter."))
    if found.whole is not None:
        text = N_("{system} won {number} with at least {share} of the judgments.")
        known = {"number": found.other_way or tr("none"), "share": say.percent(found.clarity.at_least)}
        notes.append(tr(N_("{system} won {number}.") if wins.single else text, system=wins.other, **known))
    if wins.single:
        notes.append(tr("One rater judged each prompt, so each win is one person's judgment."))
    elif found.one_rater:
        notes.append(
            trn(
                "{number} (prompt|prompts) had one rater, so a win there is one person's judgment.",
                found.one_rater,
            )
        )
    if found.passed_over:
        notes.append(
            trn("{number} (prompt|prompts) with too few raters (is|are) not counted.", found.passed_over)
        )
    if wins.told.pair.rater_kind is RaterKind.AUTOMATIC:
        notes.append(tr("These are judgments of automatic raters."))
    return sentences(*notes)


def clear_picture(wins: ClearWins) -> blocks.Picture:
    """The share of prompts won by a wide margin: of all, of each category, of each split."""
    found = wins.found
    rows = [_row("all", tr("All prompts"), found.whole)] if found.whole is not None else []
    if any(part.name for part in found.categories):
        rows += [_row("category", part_name("category", part.name), part) for part in found.categories]
    rows += [_row("split", part_name("split", part.name), part) for part in found.splits]
    chart = ForestPlot(
        a="",
        b="",
        rows=tuple(rows),
        headings={by.value: tr(pair_results.DIMENSION_WORDS[by].by).upper() for by in PARTS},
        axis_words=tr("share of the prompts judged"),
        middle=None,
        side="b" if found.gained else "a",
    )
    title = tr(
        N_("Won: {winner}") if wins.single else N_("Won by a wide margin: {winner}"), winner=wins.winner
    )
    return blocks.Picture(chart, "", title, _clear_explanation(wins, title))


def _row(dimension: str, title: str, part: ClearShare) -> ForestRow:
    count = tr("{part.clear} of {part.prompts}", part)
    return ForestRow(dimension, part.name, title, part.value, part.low, part.high, part.prompts, count)


def part_name(dimension: str, stored: str) -> str:
    """The label of a category or split, also for prompts without one."""
    return pair_results.slice_name(dimension, stored) if stored else tr(NO_CATEGORY)


def _clear_explanation(wins: ClearWins, title: str) -> blocks.Explanation:
    found = wins.found
    rule = (
        tr(
            "A system wins a prompt by a wide margin with at least {at_least} of its judgments from at "
            "least {raters}. A tie, and both bad, is half a judgment for each. The share is the prompts won "
            "this way / the prompts judged by that many.",
            say.percent(found.clarity.at_least),
            counted(found.clarity.raters, "rater"),
        ),
        tr(
            "The interval is Wilson's at 95%, each prompt counting once. It shows what to expect of other "
            "prompts with these raters."
        ),
    )
    parts = [(tr("All prompts"), found.whole)] if found.whole is not None else []
    parts += [(part_name("category", part.name), part) for part in found.categories[:NAMED]]
    chance = tr(
        "With few judgments per prompt, some margins are wide by chance alone, even between equal "
        "systems. If a coin decided the side of each judgment, {by_chance:.1f} prompts would be "
        "expected, and at least as many as here in {at_least} of studies. By such a margin, "
        "{system} won {other_way}.",
        found.by_chance,
        say.percent(found.at_least),
        wins.other,
        counted(found.other_way, "prompt"),
    )
    numbers = (" ".join(_share_words(*part) for part in parts), chance)
    return blocks.Explanation(title, rule, "Wilson", "Wilson 1927; Newcombe 1998", numbers)


def _share_words(title: str, part: ClearShare) -> str:
    return tr(
        "{title}: {part.clear} / {part.prompts} = {part.value:.1%}, interval {part.low:.1%} to "
        "{part.high:.1%}.",
        title,
        part,
    )


def prompts_table(wins: ClearWins) -> ValueTable:
    """The prompts won by a wide margin, grouped by category, widest first within each."""
    columns = (
        ValueColumn(tr("Category"), share=1.5),
        ValueColumn(tr("Prompt"), share=4.2, length=160),
        ValueColumn(tr("Split"), share=1.1),
        ValueColumn(
            tr("Preference\nfor {system}", say.name(wins.winner, NARROW)),
            blocks.Unit.SHARE,
            2.0,
            tr("Its share of the judgments; a tie, or both bad, is half a judgment for each"),
        ),
        ValueColumn(tr("Raters"), blocks.Unit.COUNT, 0.8),
        ValueColumn(tr("Judgments"), blocks.Unit.COUNT, written=False),
    )
    caption = tr("The prompts themselves, the widest margin of each category first")
    return ValueTable(caption, columns, tuple(_prompt_row(wins, prompt) for prompt in wins.found.prompts))


def _prompt_row(wins: ClearWins, prompt: JudgedPrompt) -> ValueRow:
    values = (
        prompt.spec.category,
        " ".join(prompt.spec.text.split()) or prompt.spec.key,
        pair_results.slice_name("split", prompt.spec.split.value) if prompt.spec.split.value else "",
        round(wins.found.share(prompt), 4),
        prompt.votes.raters,
        prompt.votes.judgments,
    )
    return ValueRow(prompt.spec.key, values, prompt.spec.text, " ".join(prompt.spec.tags))


def _ahead_table(wins: ClearWins) -> blocks.Table:
    parts = sorted(wins.ahead(*PARTS, Dimension.TAG), key=lambda part: not part.beyond_doubt)
    numbers = blocks.number_columns(
        tr("Prompts"), (tr("Win rate of {system}", wins.told.pair.b), 1.4), (tr("95% interval"), 1.5)
    )
    columns = (blocks.Column("", 2), blocks.Column(tr("Kind")), *numbers, blocks.Column(tr("Clear"), 1.0))
    rows = (
        (
            pair_results.slice_name(part.dimension, part.name),
            tr(pair_results.DIMENSION_WORDS[Dimension(part.dimension)].title),
            decimal(part.counts.prompts),
            say.share(part.rate.value),
            say.span(part.rate.low, part.rate.high, part.counts.prompts),
            tr("yes") if part.beyond_doubt else tr("no"),
        )
        for part in parts
    )
    return blocks.Table(tr("Where {winner} was preferred", wins.winner), columns, tuple(rows))


def _clear_table(clear: ClearPrompts) -> blocks.Table:
    numbers = blocks.number_columns(tr("Prompts"), tr("Wide margin"), tr("Share"), (tr("95% interval"), 1.5))
    columns = (blocks.Column(tr("Category"), 2), *numbers)
    rows = (
        (
            part_name("category", part.name),
            decimal(part.prompts),
            decimal(part.clear),
            say.percent(part.value),
            say.range_cell(part.low, part.high, part.prompts),
        )
        for part in clear.categories
        if part.clear
    )
    return blocks.Table(tr("Prompts won by a wide margin, by category"), columns, tuple(rows))


def cost_blocks(wins: ClearWins, most_prompts: int) -> Iterator[blocks.Block]:
    """All blocks for a report, with the texts of the first ``most_prompts`` prompts."""
    found, doubt = wins.found, doubt_paragraph(wins)
    if found.whole is None:
        yield doubt
        yield _ahead_table(wins)
        return
    margin = N_("A wide margin: at least {share} of a prompt's judgments.")
    if found.clarity.raters > 1:
        margin = N_("A wide margin: at least {share} of a prompt's judgments by at least {raters} raters.")
    clear = tr(margin, share=say.percent(found.clarity.at_least), raters=found.clarity.raters)
    yield blocks.Paragraph(sentences(*cost_lines(wins), "" if wins.single else clear))
    yield _ahead_table(wins)
    yield _clear_table(found)
    table = prompts_table(wins).written
    if table.rows:
        yield blocks.Table(table.caption, table.columns, table.rows[:most_prompts])
    left = len(table.rows) - most_prompts
    if left > 0:
        text = trn(
            "{number} more (prompt|prompts) not listed here; the Results page lists them under “What got "
            "worse”.",
            left,
        )
        yield blocks.Paragraph(text, blocks.Tone.NOTE)
