"""The content of a report, section by section, as data."""

from __future__ import annotations

from ftcompare.app.measures.matrix_blocks import matrix_section
from ftcompare.app.report import pair_sections, rater_sections, study_sections
from ftcompare.app.report.blocks_on_paper import Document
from ftcompare.app.report.report_data import ReportData
from ftcompare.app.results.claim_sentences import (
    NO_JUDGMENTS,
    evidence_sentence,
    interval_sentence,
    pair_headline,
)
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.blocks import Paragraph, Section
from ftcompare.app.results.presentation.overview import lost_paragraph, who_judged
from ftcompare.app.results.presentation.pair_results import pooled_words
from ftcompare.app.results.presentation.pairs import Pairs, many_sentence, pairs_of
from ftcompare.app.results.presentation.prompted_base import fallback_sentences
from ftcompare.app.results.presentation.ranking import ranking_sentences
from ftcompare.app.study.altered_study import caution
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind, Split

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
        lost_paragraph(main).text,
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
        study_sections.compared_section(data),
        *judged,
        _progress(data),
        study_sections.reproducibility_section(data),
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
        study_sections.compared_section(data),
        study_sections.reproducibility_section(data),
        data.checks,
    )
    if checks is None:
        return (head, tail)
    summary = data.details.results.summary
    ranking = study_sections.ranking_section(summary)
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
                study_sections.cost_section(pairs),
                study_sections.terms_section(data.terms, data.words),
                rater_sections.raters_section(data, pairs.main),
                rater_sections.comments_section(data),
                rater_sections.agreement_section(pairs.main),
                study_sections.automatic_section(pairs.main.summary),
                matrix_section(data.measures),
                *study_sections.kind_sections(data, pairs),
                study_sections.retention_section(data),
                study_sections.judges_section(data),
                study_sections.powered_rate_section(data),
                rater_sections.position_section(pairs.main),
                pair_sections.length_section(pairs),
                rater_sections.blind_section(pairs.main, checks, texts=data.texts),
                pair_sections.variants_section(data, pairs),
            )
            if pairs.main
            else _measured(data, pairs)
        ),
        study_sections.leakage_section(data.leakage, held_out=Split.HELD_OUT in data.splits),
        study_sections.live_section(checks, data.info.disclosure),
        None if many else ranking,
        study_sections.methods_section(data, pairs) if pairs.every else None,
        tail,
    )
    return tuple(section for section in found if section is not None)


def _measured(data: ReportData, pairs: Pairs) -> tuple[Section | None, ...]:
    """Sections on automatic measures, as far as they may be shown."""
    return (
        matrix_section(data.measures),
        *(
            section
            for section in study_sections.kind_sections(data, pairs)
            if section.key in WITHOUT_JUDGMENTS
        ),
    )
