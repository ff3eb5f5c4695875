"""The content of a report, section by section, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from ftcompare.app.generate.settings_history import uses_words
from ftcompare.app.measures import confidence
from ftcompare.app.measures.judges import judge_figures
from ftcompare.app.measures.kind import AnyResults
from ftcompare.app.measures.matrix_blocks import matrix_section
from ftcompare.app.measures.measure import AnyStudy
from ftcompare.app.measures.registry import KINDS
from ftcompare.app.measures.retention import kind as task_blocks
from ftcompare.app.report import pair_sections, rater_sections
from ftcompare.app.report.blocks_on_paper import Document
from ftcompare.app.report.report_data import ReportData, SystemFacts
from ftcompare.app.results.claim_sentences import (
    NO_JUDGMENTS,
    evidence_sentence,
    interval_sentence,
    pair_headline,
)
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation import prediction_powered
from ftcompare.app.results.presentation.blind_checks import live_blocks
from ftcompare.app.results.presentation.blocks import (
    Block,
    Column,
    Explanation,
    Facts,
    Paragraph,
    Section,
    Subheading,
    Table,
    Tone,
    merged,
    number_columns,
)
from ftcompare.app.results.presentation.contamination import KeptLeakage, contamination_blocks
from ftcompare.app.results.presentation.distinctive_words import word_blocks
from ftcompare.app.results.presentation.measures import Group
from ftcompare.app.results.presentation.overview import figures, who_judged
from ftcompare.app.results.presentation.pair_results import SPLITS, BlindChecks, PairResults, pooled_words
from ftcompare.app.results.presentation.pairs import Pairs, by_pair, limited, many_sentence, pairs_of
from ftcompare.app.results.presentation.prompted_base import fallback_sentences
from ftcompare.app.results.presentation.ranking import ranking_blocks, ranking_sentences
from ftcompare.app.results.presentation.rater_tables import automatic_blocks
from ftcompare.app.results.presentation.regressions import DOUBT_RULE, ClearWins, cost_blocks, worse_sentence
from ftcompare.app.results.presentation.terms import term_blocks
from ftcompare.app.review.study_terms import TermTable, WordTable
from ftcompare.app.setup.rating_summary import rating_lines
from ftcompare.app.study.altered_study import caution
from ftcompare.app.study.shown_names import recipe_words
from ftcompare.core.disclosure import Disclosure
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.summary import Summary

KIND = "Report of a blind comparison"
WITHOUT_JUDGMENTS = ("labels", "code", "safety")
"""The kinds of measures with a section in a report on a study that nobody has judged."""
INTERIM = "Interim report: still blinded"
INTERIM_WARNING = (
    "Interim report. The study is still blinded, so systems have neutral names. This report contains "
    "only figures that are safe to see while judgments come in: counts, the e-value, and its confidence "
    "sequence. The other figures are for one look at the end."
)


def document(data: ReportData) -> Document:
    """The report; while the study is blinded an interim report, without withheld figures."""
    pairs = pairs_of(data.details, data.bases, data.checks, data.lost)
    sections = _interim(data, pairs) if data.interim else _sections(data, pairs)
    told = _interim_summary(pairs) if data.interim else _summary(data, pairs)
    # other pairs, which the user did not ask for
    altered = caution(data.details.results.integrity)
    asked = data.details.results.summary.asked and pairs.further
    return Document(
        title=say.name(data.info.study.title, 200) or "Study without a title",
        kind=INTERIM if data.interim else KIND,
        standing=_standing(data),
        written=say.moment(data.written),
        version=data.version,
        notice=say.words(data.info.study.notice),
        warning=" ".join(filter(None, (altered, INTERIM_WARNING if data.interim else ""))),
        summary=(*told, pairs.further) if asked else told,
        chart=pair_sections.front_picture(pairs),
        examples=data.examples,
        sections=sections,
    )


def _standing(data: ReportData) -> str:
    since = data.info.disclosure.named_since
    parts = (
        who_judged(data.details.results.summary),
        f"unblinded {say.day(since)}" if since else "still blinded",
        f"written {say.moment(data.written)}",
    )
    return " · ".join(parts)


def _summary(data: ReportData, pairs: Pairs) -> tuple[str, ...]:
    main = pairs.main
    if main is None:
        return (NO_JUDGMENTS,)
    pooled = filter(None, (pooled_words(main),))
    told = (
        *ranking_sentences(main.summary),
        pair_headline(main),
        *pooled,
        interval_sentence(main.pair),
        evidence_sentence(main.pair, rating_open=False),
    )
    warned = (data.leakage.warning,) if data.leakage and data.leakage.warning else ()
    others = (
        f"{told.title}: {pair_headline(told)} {pooled_words(told)}".strip()
        for told in pairs.every
        if told is not main
    )
    fallback = fallback_sentences(main)
    return (
        *told,
        *fallback,
        *((worse_sentence(ClearWins(main, pairs.lost[main.key])),) if main.key in pairs.lost else ()),
        *warned,
        *((many_sentence(pairs),) if pairs.many else others),
    )


def _interim_summary(pairs: Pairs) -> tuple[str, ...]:
    if not pairs.every:
        return (NO_JUDGMENTS,)
    if pairs.many:
        return (pair_sections.many_evidence_sentence(pairs),)
    lead = "{}: " if len(pairs.every) > 1 else ""
    return tuple(
        lead.format(told.title) + evidence_sentence(told.pair, rating_open=told.disclosure.rating_open)
        for told in pairs.every
    )


def _interim(data: ReportData, pairs: Pairs) -> tuple[Section, ...]:
    judged = (
        (pair_sections.counts_section(pairs), pair_sections.evidence_section(pairs)) if pairs.every else ()
    )
    return (
        compared_section(data),
        *judged,
        _progress(data),
        reproducibility_section(data),
    )


def _progress(data: ReportData) -> Section:
    people = sum(1 for f in data.raters if f.judgments and f.rater.kind is RaterKind.HUMAN)
    told = f"{counted(people, 'person', 'people')} judged so far."
    if data.guesses:
        guesses = counted(data.guesses, "guess", "guesses")
        told += f" {guesses} which side was fine-tuned: results are shown after unblinding."
    said = data.comments
    if said.any:
        flagged, skipped = counted(said.flagged, "judgment"), counted(said.skipped, "pair")
        told += f" {counted(said.commented, 'comment')}, {flagged} flagged, {skipped} skipped."
    return Section("raters", "Raters", (Paragraph(told),))


def _sections(data: ReportData, pairs: Pairs) -> tuple[Section, ...]:
    head, tail, checks = (
        compared_section(data),
        reproducibility_section(data),
        data.checks,
    )
    if checks is None:
        return (head, tail)
    summary = data.details.results.summary
    ranking = ranking_section(summary)
    many = (pair_sections.pairs_section(pairs), ranking) if pairs.many else ()
    found = (
        *many,
        head,
        *(
            (
                pair_sections.win_rate_section(pairs),
                pair_sections.counts_section(pairs),
                pair_sections.evidence_section(pairs),
                pair_sections.criteria_section(pairs),
                pair_sections.marks_section(pairs),
                cost_section(pairs),
                terms_section(data.terms, data.words),
                rater_sections.raters_section(data, pairs.main),
                rater_sections.comments_section(data),
                rater_sections.agreement_section(pairs.main),
                automatic_section(pairs.main.summary),
                matrix_section(data.measures),
                *kind_sections(data, pairs),
                retention_section(data),
                judges_section(data),
                powered_rate_section(data),
                rater_sections.position_section(pairs.main),
                pair_sections.length_section(pairs),
                rater_sections.blind_section(pairs.main, checks, texts=data.texts),
                pair_sections.variants_section(data, pairs),
            )
            if pairs.main
            else _measured(data, pairs)
        ),
        leakage_section(data.leakage, held_out=Split.HELD_OUT in data.splits),
        live_section(checks, data.info.disclosure),
        None if many else ranking,
        methods_section(data, pairs) if pairs.every else None,
        tail,
    )
    return tuple(section for section in found if section is not None)


def _measured(data: ReportData, pairs: Pairs) -> tuple[Section | None, ...]:
    """Sections on automatic measures, as far as they may be shown."""
    return (
        matrix_section(data.measures),
        *(section for section in kind_sections(data, pairs) if section.key in WITHOUT_JUDGMENTS),
    )


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
    return f"{who_judged(summary)} that count; {all_of_them:,} with hidden repeats and checks"


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
        Column("Seal of its weights", 2.6),
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
        lost = pairs.lost.get(results.key)
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


OF_A_PAIR = (Group.RATES, Group.EVIDENCE, Group.LENGTH, Group.CRITERIA, Group.MARKS)
OF_THE_STUDY = (Group.AGREEMENT, Group.POSITION, Group.CHECKS, Group.BLIND)
"""Groups of figures that are explained, in the order of the report."""

RANKING = (
    "Bradley-Terry: P(i beats j) = πᵢ / (πᵢ + πⱼ), a tie half a win each. Davidson: win, loss, and tie "
    "are as πᵢ : πⱼ : ν√(πᵢπⱼ). The average win rate is over opponents. Intervals are by resampling "
    "prompts and raters."
)
CLEAR_WINS = (
    "A prompt is lost by a wide margin if the other system got at least the stated share of its judgments. "
    "A tie and both bad count as half. The judgments must come from at least the stated number of raters. A "
    "prompt counts once."
)
SPLIT_DIFFERENCE = "The win rate on one split minus that on another, each prompt counting once."


def methods_section(data: ReportData, pairs: Pairs) -> Section:
    """The explanation of every figure; with many pairs, with the numbers of the main one."""
    shown = (pairs.main,) if pairs.many and pairs.main else pairs.full
    given = [(told.title, how) for told in shown for how in _explanations(told, OF_A_PAIR)]
    given += [(told.title, how) for told in shown for how in _differences(told)]
    if any(found.whole is not None for found in pairs.lost.values()):
        clear = Explanation(
            "Prompts lost by a wide margin", (CLEAR_WINS,), "Wilson's interval over prompts", "Wilson 1927"
        )
        given.append(("", clear))
    of_study = (how for told in shown[:1] for how in _explanations(told, OF_THE_STUDY))
    given += [("", how) for how in of_study if how.method]  # figures without a method are plain counts
    if len(data.systems) > 2:
        source = "Bradley & Terry 1952; Davidson 1970; Newman 2023"
        given.append(("", Explanation("Ranking", (RANKING,), "", source)))
    blocks = (*_with_numbers_of(shown, pairs), *merged(given, several=len(shown) > 1))
    return Section("methods", "How each figure is computed", blocks)


def _with_numbers_of(shown: tuple[PairResults, ...], pairs: Pairs) -> tuple[Block, ...]:
    if not pairs.many:
        return ()
    text = (
        f"With the numbers of {shown[0].title}. The numbers of every other pair are on the Results page, "
        "under “How is this computed?”."
    )
    return (Paragraph(text),)


def _explanations(results: PairResults, groups: Iterable[Group]) -> Iterator[Explanation]:
    for group in groups:
        yield from (f.explanation for f in figures(results, group).figures if f.explanation is not None)


def _differences(results: PairResults) -> Iterator[Explanation]:
    for found in results.pair.split_differences:
        rule, source = (SPLIT_DIFFERENCE,), "Welch 1947, Biometrika 34:28"
        numbers = (found.explanation,)
        yield Explanation("Difference between splits", rule, "Welch's t over prompt means", source, numbers)


def reproducibility_section(data: ReportData) -> Section:
    last, uses = data.writing.last_run, data.writing.uses
    facts = [("FTCompare", data.version), ("Report written", say.moment(data.written))]
    if last is not None:
        facts += [
            ("Runs of the engine", f"{data.runs:,}"),
            ("Settings of the last run", ", ".join(f"{k} {v}" for k, v in asdict(last.settings).items())),
            ("Responses differ in their settings", uses_words(uses) if len(uses) > 1 else ""),
            ("Device", say.words(last.device)),
            ("Libraries", say.words(", ".join(f"{k} {v}" for k, v in data.versions.items()))),
        ]
    facts += [
        ("Audit log", f"{data.chains.entries:,} entries"),
        ("Head of the audit log", data.chains.head),
        ("Check of the file", _check_words(data)),
    ]
    known = Facts(tuple((title, text) for title, text in facts if text))
    blocks = (known, *_proofs(data), *_chains(data), *_findings(data))
    return Section("reproducibility", "Where it comes from", blocks)


def _check_words(data: ReportData) -> str:
    findings = data.chains.findings
    wrong = sum(1 for finding in findings if not finding.ok)
    if wrong:
        return f"{wrong} of {len(findings)} checks do NOT hold: see below"
    return f"all {len(findings)} checks hold: nothing was altered outside FTCompare"


def _proofs(data: ReportData) -> Iterator[Block]:
    last = data.writing.last_run
    if last is not None and last.proofs:
        yield Subheading("Verification of the systems")
        yield from (Paragraph(say.words(proof)) for proof in last.proofs)


def _chains(data: ReportData) -> tuple[Block, ...]:
    columns = (Column("Rater", 1.4), Column("Events", 0.6, numbers=True), Column("Head of the chain", 4))
    rows = tuple((say.name(f.rater.name), f"{f.events:,}", f.head) for f in data.raters if f.events)
    return limited(Table("Chains of the raters' events", columns, rows), "chains")


def _findings(data: ReportData) -> tuple[Block, ...]:
    columns = (Column("Check that does not hold", 2), Column("What was found", 4))
    rows = tuple((say.name(f.subject), say.words(f.detail)) for f in data.chains.findings if not f.ok)
    return limited(Table("What is wrong", columns, rows), "checks")


RESULTS = {kind.results.key: kind.results for kind in KINDS if kind.results}


def kind_sections(data: ReportData, pairs: Pairs) -> Iterator[Section]:
    for key, found in data.measured.items():
        blocks = tuple(_blocks(data, pairs, RESULTS[key], found)) if found.prompts else ()
        by_checks = data.calibration_by_checks
        if key == confidence.RESULTS.key and by_checks is not None and by_checks.prompts:
            title = Subheading("Correct by the checks of the prompts")
            blocks = (*blocks, title, *_blocks(data, pairs, RESULTS[key], by_checks))
        if blocks:
            yield Section(key, RESULTS[key].title, blocks)


def _blocks(data: ReportData, pairs: Pairs, results: AnyResults, study: AnyStudy) -> Iterator[Block]:
    yield from results.blocks(study)
    yield from pairs.note
    yield from by_pair(
        pairs.answers,
        lambda pair: results.pair_blocks(study, pair.stored.a, pair.stored.b, texts=data.texts),
    )


def retention_section(data: ReportData) -> Section | None:
    """Cost of fine-tuning in benchmark tasks; None where no system did any."""
    found = data.retention
    if not found.measures:
        return None
    blocks = list(task_blocks.retention_blocks(found))
    for before, after in found.pairs():
        own = tuple(task_blocks.pair_retention_blocks(found, before, after, texts=data.texts))
        blocks += [Subheading(task_blocks.pair_title(before, after)), *own] if own else []
    return Section("retention", task_blocks.TITLE, tuple(blocks))


def judges_section(data: ReportData) -> Section | None:
    found = data.judges
    return (
        Section("judges", judge_figures.TITLE, tuple(judge_figures.judges_blocks(found)))
        if found.judges
        else None
    )


def powered_rate_section(data: ReportData) -> Section | None:
    """People's win rate corrected with a program's judgments; None where none has judged."""
    return next(iter(prediction_powered.powered_section(data.powered)), None)
