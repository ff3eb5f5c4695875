"""What a report says, section by section: pure data made of what was gathered."""

from __future__ import annotations

from ftcompare.app.blind_checks import BlindChecks
from ftcompare.app.report import words as say
from ftcompare.app.report.blocks import Document, Paragraph, Section
from ftcompare.app.report.leakage_section import leakage_section
from ftcompare.app.report.loss_sections import cost_section, cost_sentence
from ftcompare.app.report.material import Material
from ftcompare.app.report.method_sections import methods_section, reproducibility_section
from ftcompare.app.report.other_sections import (
    compared_section,
    live_section,
    ranking_section,
    variants_section,
)
from ftcompare.app.report.pair_sections import (
    counts_section,
    evidence_section,
    evidence_sentence,
    length_section,
    win_rate_section,
)
from ftcompare.app.report.parts import PairPart, pair_parts
from ftcompare.app.report.rater_sections import (
    agreement_section,
    automatic_section,
    blind_section,
    position_section,
    raters_section,
)
from ftcompare.app.results import main_pair
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
    parts = pair_parts(material)
    sections = _interim(material, parts) if material.blinded else _sections(material, parts)
    summary = () if material.blinded else _summary(material, parts)
    return Document(
        title=say.name(material.info.study.title, 200) or "Study without a title",
        kind=INTERIM if material.blinded else KIND,
        standing=_standing(material),
        written=say.moment(material.written),
        version=material.version,
        notice=say.words(material.info.study.notice),
        warning=INTERIM_WARNING if material.blinded else "",
        summary=summary or _interim_summary(parts),
        sections=sections,
    )


def _standing(material: Material) -> str:
    study = material.info.study
    raters = sum(1 for facts in material.raters if facts.judgments)
    parts = (
        say.counted(material.details.results.summary.judgments, "judgment"),
        say.counted(raters, "rater"),
        "still blinded" if study.blinded else f"unblinded {say.day(study.unblinded_at)}",
        f"written {say.moment(material.written)}",
    )
    return " · ".join(parts)


def _summary(material: Material, parts: tuple[PairPart, ...]) -> tuple[str, ...]:
    """The sentence for everyone, for whom it holds, whether it is enough, and what was lost."""
    main = _main(material, parts)
    if main is None:
        return ("No judgments yet.",)
    pair = main.pair
    told = [say.sentence(pair), say.interval_sentence(pair, main.raters), evidence_sentence(pair)]
    others = [f"{part.title}: {say.sentence(part.pair)}" for part in parts if part is not main]
    warned = [material.leakage.warning] if material.leakage and material.leakage.warning else []
    return (*told, cost_sentence(main), *warned, *others[:MOST_SENTENCES])


MOST_SENTENCES = 10
"""Of other pairs of systems, at the top."""


def _main(material: Material, parts: tuple[PairPart, ...]) -> PairPart | None:
    summary = material.details.results.summary
    main = main_pair(summary)
    return parts[summary.comparisons.index(main)] if main else None


def _interim_summary(parts: tuple[PairPart, ...]) -> tuple[str, ...]:
    if not parts:
        return ("No judgments yet.",)
    several = len(parts) > 1
    return tuple(
        f"{part.title}: {evidence_sentence(part.pair)}" if several else evidence_sentence(part.pair)
        for part in parts[:MOST_SENTENCES]
    )


def _interim(material: Material, parts: tuple[PairPart, ...]) -> tuple[Section, ...]:
    judged = (counts_section(parts), evidence_section(parts)) if parts else ()
    return (compared_section(material), *judged, _progress(material), reproducibility_section(material))


def _progress(material: Material) -> Section:
    people = sum(1 for f in material.raters if f.judgments and f.rater.kind is RaterKind.HUMAN)
    told = f"{say.counted(people, 'person', 'people')} judged so far."
    if material.guesses:
        guesses = say.counted(material.guesses, "guess", "guesses")
        told += f" {guesses} which side was fine-tuned: told after unblinding."
    return Section("raters", "Raters", (Paragraph(told),))


def _sections(material: Material, parts: tuple[PairPart, ...]) -> tuple[Section, ...]:
    head, tail, checks = compared_section(material), reproducibility_section(material), material.checks
    if checks is None:
        return (head, tail)
    figures = (*_of_pairs(material, parts), *_of_raters(material, parts, checks)) if parts else ()
    methods = methods_section(material, parts) if parts else None
    leaked = leakage_section(material.leakage, frozenset(material.splits))
    found = (head, *figures, leaked, live_section(checks), _ranking(material), methods, tail)
    return tuple(section for section in found if section is not None)


def _of_pairs(material: Material, parts: tuple[PairPart, ...]) -> tuple[Section, ...]:
    return (
        win_rate_section(parts),
        counts_section(parts),
        evidence_section(parts),
        cost_section(parts),
        raters_section(material),
    )


def _of_raters(material: Material, parts: tuple[PairPart, ...], checks: BlindChecks) -> tuple[Section, ...]:
    """What speaks for and against the figures."""
    summary = material.details.results.summary
    found = (
        agreement_section(summary.agreement),
        automatic_section(summary.automatic),
        position_section(summary.position),
        length_section(parts),
        blind_section(checks),
        variants_section(material, parts),
    )
    return tuple(section for section in found if section is not None)


def _ranking(material: Material) -> Section | None:
    return ranking_section(material.details.results.summary.ranking)
