"""What a report says, section by section: pure data made of what was gathered."""

from __future__ import annotations

from ftcompare.app.report import number_format as say
from ftcompare.app.report.blocks import Document, Paragraph, Section
from ftcompare.app.report.criteria_sections import beside_section
from ftcompare.app.report.leakage_section import leakage_section
from ftcompare.app.report.loss_sections import cost_section, cost_sentence
from ftcompare.app.report.many_sections import (
    evidence_of_many,
    judgments_of_many,
    many_evidence_sentence,
    many_sentence,
    pairs_section,
    ranking_of_many,
    win_rates_of_many,
)
from ftcompare.app.report.method_sections import methods_section, reproducibility_section
from ftcompare.app.report.pair_names import Pairs, pairs_of
from ftcompare.app.report.pair_sections import (
    counts_section,
    evidence_section,
    evidence_sentence,
    length_section,
    win_rate_section,
)
from ftcompare.app.report.rater_sections import (
    agreement_section,
    automatic_section,
    blind_section,
    position_section,
    raters_section,
)
from ftcompare.app.report.report_data import Material
from ftcompare.app.report.study_sections import (
    compared_section,
    live_section,
    ranking_section,
    variants_section,
)
from ftcompare.app.results.blind_checks import BlindChecks
from ftcompare.app.study.alteration import caution
from ftcompare.core.study import RaterKind

KIND = "Report of a blind comparison"
INTERIM = "Interim report: still blinded"
INTERIM_WARNING = (
    "Interim report. The study is still blinded: systems go by neutral names. Only what is safe to look at "
    "while judgments come in is here: counts, the e-value and its confidence sequence. The other figures are "
    "for one look at the end."
)


def document(material: Material) -> Document:
    """The whole report; while the study is blinded an interim one, with what is safe to tell."""
    pairs = pairs_of(material)
    sections = _interim(material, pairs) if material.interim else _sections(material, pairs)
    return Document(
        title=say.name(material.info.study.title, 200) or "Study without a title",
        kind=INTERIM if material.interim else KIND,
        standing=_standing(material),
        written=say.moment(material.written),
        version=material.version,
        notice=say.words(material.info.study.notice),
        warning=_warning(material),
        summary=(*_told(material, pairs), *_asked(material, pairs)),
        sections=sections,
    )


def _told(material: Material, pairs: Pairs) -> tuple[str, ...]:
    return _interim_summary(pairs) if material.interim else _summary(material, pairs)


def _asked(material: Material, pairs: Pairs) -> tuple[str, ...]:
    """That there are other pairs, which nobody asked for."""
    return (pairs.further,) if material.details.results.summary.asked and pairs.further else ()


def _warning(material: Material) -> str:
    altered = caution(material.details.results.integrity)
    return " ".join(filter(None, (altered, INTERIM_WARNING if material.interim else "")))


def _standing(material: Material) -> str:
    since = material.info.disclosure.named_since
    raters = sum(1 for facts in material.raters if facts.judgments)
    parts = (
        say.counted(material.details.results.summary.judgments, "judgment"),
        say.counted(raters, "rater"),
        f"unblinded {say.day(since)}" if since else "still blinded",
        f"written {say.moment(material.written)}",
    )
    return " · ".join(parts)


def _summary(material: Material, pairs: Pairs) -> tuple[str, ...]:
    """The sentence for everyone, for whom it holds, whether it is enough, and what was lost."""
    main = pairs.main
    if main is None:
        return (NO_JUDGMENTS,)
    pair = main.pair
    told = [say.sentence(pair), say.interval_sentence(pair, main.raters), evidence_sentence(pair)]
    warned = [material.leakage.warning] if material.leakage and material.leakage.warning else []
    others = [f"{part.title}: {say.sentence(part.pair)}" for part in pairs.every if part is not main]
    return (*told, cost_sentence(main), *warned, *([many_sentence(pairs)] if pairs.many else others))


NO_JUDGMENTS = "No judgments yet."


def _interim_summary(pairs: Pairs) -> tuple[str, ...]:
    if not pairs.every:
        return (NO_JUDGMENTS,)
    if pairs.many:
        return (many_evidence_sentence(pairs),)
    several = len(pairs.every) > 1
    return tuple(
        f"{part.title}: {evidence_sentence(part.pair)}" if several else evidence_sentence(part.pair)
        for part in pairs.every
    )


def _interim(material: Material, pairs: Pairs) -> tuple[Section, ...]:
    judged = _judged(pairs) if pairs.every else ()
    return (compared_section(material), *judged, _progress(material), reproducibility_section(material))


def _judged(pairs: Pairs) -> tuple[Section, Section]:
    """What may be told at any time."""
    if pairs.many:
        return judgments_of_many(pairs), evidence_of_many(pairs)
    return counts_section(pairs.full), evidence_section(pairs.full)


def _progress(material: Material) -> Section:
    people = sum(1 for f in material.raters if f.judgments and f.rater.kind is RaterKind.HUMAN)
    told = f"{say.counted(people, 'person', 'people')} judged so far."
    if material.guesses:
        guesses = say.counted(material.guesses, "guess", "guesses")
        told += f" {guesses} which side was fine-tuned: told after unblinding."
    return Section("raters", "Raters", (Paragraph(told),))


def _sections(material: Material, pairs: Pairs) -> tuple[Section, ...]:
    head, tail, checks = compared_section(material), reproducibility_section(material), material.checks
    if checks is None:
        return (head, tail)
    many = _of_many(material, pairs) if pairs.many else ()
    figures = (*_of_pairs(material, pairs), *_of_raters(material, pairs, checks)) if pairs.every else ()
    methods = methods_section(material, pairs) if pairs.every else None
    leaked = leakage_section(material.leakage, frozenset(material.splits))
    ranking = None if many else ranking_section(material.details.results.summary.ranking)
    found = (*many, head, *figures, leaked, live_section(checks), ranking, methods, tail)
    return tuple(section for section in found if section is not None)


def _of_many(material: Material, pairs: Pairs) -> tuple[Section | None, ...]:
    """What stands before all else where there are many pairs."""
    return pairs_section(pairs), ranking_of_many(material.details.results.summary)


def _of_pairs(material: Material, pairs: Pairs) -> tuple[Section, ...]:
    rates = win_rates_of_many(pairs) if pairs.many else win_rate_section(pairs.full)
    found = (
        rates,
        *_judged(pairs),
        beside_section(pairs),
        cost_section(pairs),
        raters_section(material),
    )
    return tuple(section for section in found if section is not None)


def _of_raters(material: Material, pairs: Pairs, checks: BlindChecks) -> tuple[Section, ...]:
    """What speaks for and against the figures."""
    summary = material.details.results.summary
    found = (
        agreement_section(summary.agreement),
        automatic_section(summary.automatic),
        position_section(summary.position),
        length_section(pairs.every),
        blind_section(checks),
        variants_section(material, pairs),
    )
    return tuple(section for section in found if section is not None)
