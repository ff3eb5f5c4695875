"""Sections around the figures: what was compared, recipes, live votes, cost, ranking, terms, leakage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftcompare.app.report.report_data import ReportData, SystemFacts
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.blind_checks import live_blocks
from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Facts,
    Paragraph,
    Section,
    Table,
    Tone,
    number_columns,
)
from ftcompare.app.results.presentation.contamination import KeptLeakage, contamination_blocks
from ftcompare.app.results.presentation.distinctive_words import word_blocks
from ftcompare.app.results.presentation.overview import who_judged
from ftcompare.app.results.presentation.pair_results import SPLITS, BlindChecks, PairResults
from ftcompare.app.results.presentation.pairs import Pairs, by_pair, limited
from ftcompare.app.results.presentation.ranking import ranking_blocks
from ftcompare.app.results.presentation.rater_tables import automatic_blocks
from ftcompare.app.results.presentation.regressions import DOUBT_RULE, ClearWins, cost_blocks
from ftcompare.app.results.presentation.terms import term_blocks
from ftcompare.app.review.distinctive_words import WordTable
from ftcompare.app.review.study_terms import TermTable
from ftcompare.app.setup.rating_summary import rating_lines
from ftcompare.app.study.shown_names import recipe_words
from ftcompare.core.disclosure import Disclosure
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind
from ftcompare.stats.summary import Summary

TEXTS_LEFT_OUT = "prompts, answers and comments are left out of this report"


def compared_section(data: ReportData) -> Section:
    info = data.info
    asked = rating_lines(info.study.scale, info.design, guessable=info.guessable)
    splits = ", ".join(f"{n:,} {SPLITS[split].lower()}" for split, n in data.splits.items())
    categories = counted(data.categories, "category", "categories") if data.categories else ""
    parts = "; ".join(filter(None, (splits, categories)))
    facts = (
        ("Prompts", f"{data.info.prompts:,}{f' ({parts})' if parts else ''}"),
        ("Pairs of answers", f"{info.written:,} written of {info.planned:,}"),
        ("Raters", _rater_words(data)),
        ("Judgments", _judgment_words(data)),
        *((title, say.words(text)) for title, text in asked),
        ("Study made", say.moment(data.made)),
        ("Judged by people", _between(*data.judged)),
        ("Unblinded", _named_since(data)),
        ("Texts", "" if data.texts else TEXTS_LEFT_OUT),
        ("Chat templates", _own_templates(data.details.own_templates)),
    )
    kept = Facts(tuple((title, text) for title, text in facts if text))
    told = Paragraph(" ".join(_how_judged(data)))
    return Section("compared", "What was compared, and how", (told, *_systems(data), kept))


def _how_judged(data: ReportData) -> Iterator[str]:
    people = _votes_of(data, RaterKind.HUMAN)
    if data.judged_here or not people:
        yield (
            "Each person who judges here sees two answers to one prompt side by side, without names and "
            f"on randomly assigned sides, and answers: “{say.words(data.info.study.scale.question)}”"
        )
    if people > data.judged_here:
        yield (
            f"{counted(people - data.judged_here, 'judgment')} of people were imported: how these people "
            "saw the answers is not known here."
        )
    if _votes_of(data, RaterKind.AUTOMATIC):
        yield (
            "This does not apply to programs: each has its own instructions, or its votes were imported "
            "(Judges that are programs)."
        )


def _votes_of(data: ReportData, kind: RaterKind) -> int:
    return sum(facts.judgments for facts in data.raters if facts.rater.kind is kind)


def _rater_words(data: ReportData) -> str:
    judged = [facts.rater.kind for facts in data.raters if facts.judgments]
    people = judged.count(RaterKind.HUMAN)
    automatic = judged.count(RaterKind.AUTOMATIC)
    told = [counted(people, "person", "people"), counted(automatic, "program")]
    return " and ".join(one for one, n in zip(told, (people, automatic), strict=True) if n) or "none yet"


def _judgment_words(data: ReportData) -> str:
    summary, all_of_them = data.details.results.summary, data.info.judgments
    if summary.judgments == all_of_them:
        return who_judged(summary)
    return f"{who_judged(summary)} that count; {all_of_them:,} with repeats, controls and gold items"


def _between(first: str, last: str) -> str:
    if not first:
        return ""
    return say.moment(first) if first == last else f"{say.moment(first)} to {say.moment(last)}"


def _named_since(data: ReportData) -> str:
    since, why = data.info.disclosure.named_since, data.info.study.unblinding_reason
    reason = f": {say.words(why)}" if why else ""
    return f"{say.moment(since)}{reason}" if since else "not yet"


def _own_templates(names: tuple[str, ...]) -> str:
    """Names of systems with their own chat template; empty while withheld, and where there are none."""
    if not names:
        return ""
    asked = (
        f"{', '.join(map(say.name, names))} {('is' if len(names) == 1 else 'are')} asked with the adapter's"
    )
    return f"{asked} own: the same prompt can have other tokens than for the other systems"


def _systems(data: ReportData) -> tuple[Block, ...]:
    if data.interim:
        heads = (Column("System", 2), Column("Responses", numbers=True))
        rows = tuple((say.name(s.name), _responses(s)) for s in data.systems)
        return limited(Table("Systems, by neutral names", heads, rows), "systems")
    numbers = number_columns(("Responses", 1.05), ("Cut at the limit", 0.9))
    columns = (
        Column("System", 1.5),
        Column("What it is", 2.6),
        *numbers,
        Column("Digest of its weights", 2.6),
    )
    systems = limited(Table("Systems", columns, tuple(map(_system_row, data.systems))), "systems")
    return (*systems, *_recipes(data))


def _recipes(data: ReportData) -> Iterator[Block]:
    recipes = data.details.recipes
    if not recipes:
        return
    columns = Column("System", 1.5), Column("How it is asked", 2.6), Column("Seal of its instructions", 2.6)
    rows = tuple((say.name(of), recipe_words(recipe), recipe.digest) for of, recipe in recipes.items())
    yield from limited(Table("Instructions", columns, rows), "recipes")
    prompts = {of: recipe.system_prompt for of, recipe in recipes.items() if recipe.system_prompt}
    if prompts:
        yield Facts(
            tuple((f"System prompt of {say.name(of)}", say.words(text)) for of, text in prompts.items())
        )


def _system_row(facts: SystemFacts) -> tuple[str, ...]:
    what = "; ".join(say.name(part, 120) for part in (facts.kind, facts.source, facts.size) if part)
    cut = say.UNDEFINED if facts.cut is None else f"{facts.cut:,}"
    if facts.unanswered:
        cut += f"; {facts.unanswered:,} without an answer after the reasoning"
    digest = say.name(facts.digest, 80) or "none: not loaded here"
    return say.name(facts.name), what, _responses(facts), cut, digest


def live_section(checks: BlindChecks, disclosure: Disclosure) -> Section | None:
    blocks = live_blocks(checks, disclosure)
    return Section("live", "Live votes, apart", blocks) if blocks else None


def _responses(facts: SystemFacts) -> str:
    return "not shown yet" if facts.responses is None else f"{facts.responses:,}"


MOST_PROMPTS = 30
"""Maximum number of prompts listed by their text; ``results`` has all."""
MOST_PROMPTS_OF_MANY = 5
"""Maximum for each pair, where there are many pairs."""
MOST_ACROSS = 14
"""Maximum number of columns of a matrix."""


def cost_section(pairs: Pairs) -> Section:
    """Splits and categories in which a was preferred, and the prompts that it won by a wide margin."""
    title = "What got worse" if any(told.tuned for told in pairs.full) else "Where it falls behind"
    listed = MOST_PROMPTS_OF_MANY if pairs.many else MOST_PROMPTS

    def cost(results: PairResults) -> Iterator[Block]:
        lost = pairs.lost.get((results.stored.a, results.stored.b, results.stored.rater_kind))
        if lost is not None:
            yield from _limited(cost_blocks(ClearWins(results, lost), listed), "categories")

    blocks = by_pair(pairs.full, cost)
    rule = Paragraph(" ".join(DOUBT_RULE), Tone.NOTE)
    return Section("cost", title, (*pairs.note, *blocks, *((rule,) if blocks else ())))


def ranking_section(summary: Summary) -> Section | None:
    """All systems on one scale; None for two systems, where the win rate says the same."""
    return _section("ranking", "Ranking", _limited(ranking_blocks(summary, MOST_ACROSS), "systems"))


def automatic_section(summary: Summary) -> Section | None:
    """Agreement of automatic raters with people and with themselves; None without any."""
    return _section("automatic", "Automatic raters", _limited(automatic_blocks(summary.automatic), "raters"))


def terms_section(terms: TermTable | None, words: WordTable | None) -> Section | None:
    """Use of glossary terms and other words by system, and the differences; None without any."""
    of_glossary = term_blocks(terms) if terms is not None else ()
    explained = terms is not None and bool(terms.differences)
    of_words = word_blocks(words, explained=explained) if words is not None else ()
    return _section("terms", "Terms", (*of_glossary, *of_words))


def leakage_section(leakage: KeptLeakage | None, *, held_out: bool) -> Section | None:
    """Result of the last comparison with a training file; None where it is not relevant."""
    blocks = contamination_blocks(leakage, held_out=held_out)
    return _section("leakage", "Training file", _limited(blocks, "prompts"))


def _section(key: str, title: str, blocks: Iterable[Block]) -> Section | None:
    found = tuple(blocks)
    return Section(key, title, found) if found else None


def _limited(blocks: Iterable[Block], what: str) -> Iterator[Block]:
    for block in blocks:
        yield from limited(block, what) if isinstance(block, Table) else (block,)
