"""What a report says around its figures: what was compared, what was left out, live votes, ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ftcompare.app.report import number_format as say
from ftcompare.app.report.blocks import Block, Column, Facts, Paragraph, Section, Table, Tone
from ftcompare.app.report.pair_names import SPLITS, PairPart, Pairs, by_pair, limited, shown
from ftcompare.app.report.report_data import Material, RaterFacts, SystemFacts
from ftcompare.app.results.blind_checks import BlindChecks
from ftcompare.app.results.study_results import Variant, VariantKind
from ftcompare.app.setup.plan_estimates import rating_lines
from ftcompare.core.study import RaterKind
from ftcompare.stats.ranking import MOST_WITH_INTERVALS, Ranking
from ftcompare.stats.resampling import Interval
from ftcompare.stats.summary import PairSummary


def compared_section(material: Material) -> Section:
    """Systems, prompts, raters, dates, and the design."""
    info = material.info
    facts = (
        ("Prompts", _prompt_words(material)),
        ("Pairs of answers", f"{info.written:,} written of {info.planned:,}"),
        ("Raters", _rater_words(material)),
        ("Judgments", _judgment_words(material)),
        *((title, say.words(text)) for title, text in rating_lines(info.study.scale, info.design)),
        ("Study made", say.moment(material.made)),
        ("Judged", _between(*material.judged)),
        ("Unblinded", _named_since(material)),
        ("Chat templates", _own_templates(material.details.own_templates)),
    )
    kept = Facts(tuple((title, text) for title, text in facts if text))
    blind = Paragraph(
        "Each rater saw two answers to one prompt side by side, without names and on sides drawn at random, "
        f"and answered: “{say.words(info.study.scale.question)}”"
    )
    return Section("compared", "What was compared, and how", (blind, *_systems(material), kept))


def _prompt_words(material: Material) -> str:
    splits = ", ".join(f"{n:,} {SPLITS[split].lower()}" for split, n in material.splits.items())
    categories = say.counted(material.categories, "category", "categories") if material.categories else ""
    parts = "; ".join(filter(None, (splits, categories)))
    return f"{material.info.prompts:,}{f' ({parts})' if parts else ''}"


def _rater_words(material: Material) -> str:
    judged = [facts.rater.kind for facts in material.raters if facts.judgments]
    people = judged.count(RaterKind.HUMAN)
    automatic = judged.count(RaterKind.AUTOMATIC)
    told = [say.counted(people, "person", "people") if people else "", f"{automatic} automatic"]
    return " and ".join(filter(None, told if automatic else told[:1])) or "none yet"


def _judgment_words(material: Material) -> str:
    counting, all_of_them = material.details.results.summary.judgments, material.info.judgments
    if counting == all_of_them:
        return f"{counting:,}"
    return f"{counting:,} that count; {all_of_them:,} with repeats, controls and gold items"


def _between(first: str, last: str) -> str:
    if not first:
        return ""
    return say.moment(first) if first == last else f"{say.moment(first)} to {say.moment(last)}"


def _named_since(material: Material) -> str:
    since, why = material.info.disclosure.named_since, material.info.study.unblinding_reason
    reason = f": {say.words(why)}" if why else ""
    return f"{say.moment(since)}{reason}" if since else "not yet"


def _own_templates(names: tuple[str, ...]) -> str:
    """Empty while it is withheld, and where all are asked with the base's."""
    if not names:
        return ""
    asked = f"{', '.join(map(say.name, names))} {'is' if len(names) == 1 else 'are'} asked with the adapter's"
    return f"{asked} own: the same prompt can be other tokens than for the other systems"


def _systems(material: Material) -> tuple[Block, ...]:
    if material.interim:
        heads = (Column("System", 2), Column("Responses", numbers=True))
        rows = tuple((say.name(s.name), _responses(s)) for s in material.systems)
        return limited(Table("Systems, by neutral names", heads, rows), "systems")
    columns = (
        Column("System", 1.5),
        Column("What it is", 2.6),
        Column("Responses", 1.05, numbers=True),
        Column("Cut at the limit", 0.9, numbers=True),
        Column("Digest of its weights", 2.6),
    )
    return limited(Table("Systems", columns, tuple(map(_system_row, material.systems))), "systems")


def _system_row(facts: SystemFacts) -> tuple[str, ...]:
    what = "; ".join(say.name(part, 120) for part in (facts.kind, facts.source, facts.size) if part)
    cut = say.UNDEFINED if facts.cut is None else f"{facts.cut:,}"
    digest = say.name(facts.digest, 80) or "none: not loaded here"
    return say.name(facts.name), what, _responses(facts), cut, digest


_LEFT_OUT = {
    VariantKind.EXCLUDED_RATERS: "Without excluded raters",
    VariantKind.SELF_NAMING: "Without self-naming answers",
    VariantKind.BOTH: "Without both",
}


def variants_section(material: Material, pairs: Pairs) -> Section:
    """The results with everything, and without what was left out."""
    told = tuple(
        Paragraph(_why(facts.rater.name, why)) for facts in material.raters if (why := _reason(facts))
    )
    if not any(part.variants for part in pairs.full):
        nothing = "No rater is left out and no answer was found that names itself: there is one result."
        return Section("variants", "With and without", (Paragraph(nothing),))
    return Section("variants", "With and without", (*told, *pairs.note, *by_pair(pairs.full, _variants)))


def _reason(facts: RaterFacts) -> str:
    return facts.quality.excluded if facts.quality else ""


def _why(rater: str, reason: str) -> str:
    return f"{say.name(rater)} is left out: {say.words(reason)}"


def _variants(part: PairPart) -> Iterator[Block]:
    found: list[tuple[str, PairSummary | None]] = [("Everything", part.pair)]
    found += [(_variant_title(variant), kept) for variant, kept in part.variants]
    columns = (
        Column(f"Win rate of {part.pair.b}", 2.4),
        Column("Prompts", numbers=True),
        Column("Judgm.", numbers=True),
        Column("Win rate", numbers=True),
        Column("for these raters", 1.5, numbers=True),
        Column("for raters like these", 1.5, numbers=True),
        Column("e-value", 1.1, numbers=True),
    )
    yield Table("", columns, tuple(_variant_row(title, pair) for title, pair in found))


def _variant_title(variant: Variant) -> str:
    counts = (
        say.counted(len(variant.raters), "rater") if variant.raters else "",
        say.counted(variant.prompts, "prompt") if variant.prompts else "",
    )
    return f"{_LEFT_OUT[variant.kind]} ({', '.join(filter(None, counts))})"


def _variant_row(title: str, pair: PairSummary | None) -> tuple[str, ...]:
    if pair is None:
        return title, "0", "0", *(say.UNDEFINED,) * 4
    over = pair.win_rate_over_raters
    return (
        title,
        f"{pair.prompts:,}",
        f"{pair.judgments:,}",
        say.share(pair.win_rate.value),
        say.span(pair.win_rate.low, pair.win_rate.high),
        say.span(over.low, over.high) if over else say.UNDEFINED,
        say.number(pair.e_value),
    )


def live_section(checks: BlindChecks) -> Section | None:
    """Votes of the live page; None without any."""
    if not checks.live.judgments:
        return None
    columns = (
        Column("Systems", 2.4),
        *(Column(title, numbers=True) for title in ("Votes", "First won", "Equal", "Both bad", "Second won")),
        Column("Win rate of the first", 1.2, numbers=True),
        Column("95% interval", 1.6, numbers=True),
    )
    text = (
        f"{say.counted(checks.live.judgments, 'vote')} on prompts typed on the Live page. They are never "
        "mixed with the study's own judgments: whoever typed the prompt judged the answers."
    )
    rows = tuple(_live_row(shown(pair)) for pair in checks.live.comparisons)
    return Section(
        "live", "Live votes, apart", (Paragraph(text), *limited(Table("", columns, rows), "pairs"))
    )


def _live_row(pair: PairSummary) -> tuple[str, ...]:
    counts = (pair.judgments, pair.wins_b, pair.ties, pair.both_bad, pair.wins_a)
    return f"{pair.b} against {pair.a}", *map(str, counts), *say.rate_cells(pair.win_rate)


def ranked(ranking: Ranking) -> tuple[str, ...]:
    """The systems by average win rate, the highest first."""
    rates = ranking.average_win_rate
    return tuple(sorted(rates, key=lambda name: -(rates[name] or 0)))


def ranking_section(
    ranking: Ranking, *, chart: tuple[Block, ...] = (), matrix: tuple[Block, ...] = ()
) -> Section | None:
    """All systems on one scale; None for two: there it says what the win rate says.

    Args:
        ranking: their scores.
        chart: stands before the table of the scores.
        matrix: stands behind it.
    """
    if len(ranking.average_win_rate) <= 2:
        return None
    columns = [Column("System", 2)]
    for title in ("Average win rate", "Bradley-Terry", "Davidson"):
        columns += [Column(title, 1.6, numbers=True), Column("95% interval", 1.7, numbers=True)]
    rows = tuple(_ranking_row(ranking, system) for system in ranked(ranking))
    table = limited(Table("", tuple(columns), rows), "systems")
    return Section("ranking", "Ranking", (*chart, *table, *_ranking_notes(ranking), *matrix))


def _ranking_row(ranking: Ranking, system: str) -> tuple[str, ...]:
    found = ranking.intervals
    return (
        say.name(system),
        say.share(ranking.average_win_rate[system]),
        _ends(found.average_win_rate.get(system) if found else None, say.span),
        _score(ranking.bradley_terry.get(system)),
        _ends(found.bradley_terry.get(system) if found else None, _score_span),
        _score(ranking.davidson.get(system)),
        _ends(found.davidson.get(system) if found else None, _score_span),
    )


def _score(value: float | None) -> str:
    return say.UNDEFINED if value is None else f"{value:.3f}"


def _score_span(low: float | None, high: float | None) -> str:
    return say.UNDEFINED if low is None or high is None else f"{low:.3f} to {high:.3f}"


def _ends(interval: Interval | None, words: Callable[[float | None, float | None], str]) -> str:
    return words(interval.low, interval.high) if interval else say.UNDEFINED


def _ranking_notes(ranking: Ranking) -> Iterator[Paragraph]:
    if ranking.davidson_tie is not None:
        tie = f"Scores sum to 1. Davidson's tie parameter ν is {ranking.davidson_tie:.3f}"
        found = ranking.intervals
        ends = f" (95% interval {_ends(found.davidson_tie, _score_span)})" if found else ""
        yield Paragraph(f"{tie}{ends}.", Tone.NOTE)
    if ranking.intervals is None and len(ranking.average_win_rate) > MOST_WITH_INTERVALS:
        yield Paragraph(f"More than {MOST_WITH_INTERVALS} systems have scores without intervals.", Tone.NOTE)
    if any(score is None for score in ranking.bradley_terry.values()):
        yield Paragraph(
            "Bradley-Terry and Davidson have no finite scores here: a system, or a group of them, won all or "
            "lost all its comparisons with the rest.",
            Tone.NOTE,
        )


def _responses(facts: SystemFacts) -> str:
    return "not told yet" if facts.responses is None else f"{facts.responses:,}"
