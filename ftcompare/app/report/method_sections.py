"""How each figure of a report is computed, with the numbers put in, and what proves where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from ftcompare.app.generate.settings_history import uses_words
from ftcompare.app.report import number_format as say
from ftcompare.app.report.blocks import Block, Column, Facts, Method, Paragraph, Section, Subheading, Table
from ftcompare.app.report.pair_names import PairPart, Pairs, limited
from ftcompare.app.report.report_data import Material
from ftcompare.app.results.study_results import EVIDENCE_NEEDED

WIN_RATE = (
    "The win rate of b is the share of judgments that prefer b to a. A tie, and both bad, is half a win for "
    "each; 50% means that neither is preferred. Judgments of one prompt, and of one rater, are alike, so "
    "intervals are never computed as if judgments were independent: one is over prompts, for these raters; "
    "the other over prompts and raters, for raters like these, and it is the wider one."
)
EVIDENCE = (
    "The e-value is what a bettor would have made of 1 by betting against “neither is preferred”, one prompt "
    "at a time: E is the mean over λ of Π(1 + λ·d), d the mean preference of a prompt from −1 to 1. If "
    f"neither is preferred it reaches {EVIDENCE_NEEDED:.0f} in at most 5% of studies, however often one "
    "looks. The confidence sequence holds every win rate against which the evidence is still below "
    f"{EVIDENCE_NEEDED:.0f}. What was once reached is kept. Both speak for these raters."
)
SIGN_TEST = (
    "Each prompt counts once, for the side that most of its judgments favour; prompts without a favourite "
    "are left out. p is the chance of a split at least this uneven if neither were better. It is valid for "
    "one look at the end. The interval of the share won is Clopper and Pearson's."
)
PROBABILITY = (
    "Probability that b wins more than half of the prompts with a favourite, from a uniform prior: the upper "
    "half of Beta(wins + 1, losses + 1), prompts counted once each. The headline and the win rate count "
    "judgments, so the two can point to different sides."
)
LENGTH = (
    "logit P(b) = β₀ + β₁·side + β₂·tanh(Δlength / sd Δlength), lengths in characters; the rate at equal "
    "length is expit(β₀), its interval clustered by prompt."
)
AGREEMENT = (
    "α = 1 − observed / expected disagreement, over pairs that two raters or more judged; ordinal: a tie and "
    "both bad lie between the answers. AC1 = (p − pₑ) / (1 − pₑ) does not fall when one side usually wins. "
    "κ = (p − pₑ) / (1 − pₑ) for two raters, pₑ from how often each gave which answer. Intervals of α are "
    "by resampling the pairs."
)
POSITION = (
    "Share of judgments for one side that went to the left answer. Wilson's interval for one rater; for "
    "several, t over raters, each rater's judgments taken together. So also for controls, repeats and gold."
)
BANG = "Bang's index is (right − wrong) / all guesses: 0 as by chance, 1 always right, −1 always wrong."
RANKING = (
    "Bradley-Terry: P(i beats j) = πᵢ / (πᵢ + πⱼ), a tie half a win each. Davidson: win, loss and tie are as "
    "πᵢ : πⱼ : ν√(πᵢπⱼ). The average win rate is over opponents. Intervals are by resampling prompts and "
    "raters."
)
CLEAR_WINS = (
    "A prompt is lost clearly where the other system got at least the stated share of its votes, a tie and "
    "both bad counting half, from at least the stated number of raters. A prompt counts once."
)
STILL_NEEDED = (
    "Prompts until the exact sign test at 5% has 80% power, if the present win rate and share of ties are "
    "the true ones."
)


def methods_section(material: Material, pairs: Pairs) -> Section:
    """One after another, in the order of the report; of many pairs with the numbers of the main one."""
    shown = (pairs.main,) if pairs.many and pairs.main else pairs.full
    methods = tuple(_methods(material, shown))
    return Section("methods", "How each figure is computed", (*_with_numbers_of(shown, pairs), *methods))


def _with_numbers_of(shown: tuple[PairPart, ...], pairs: Pairs) -> tuple[Block, ...]:
    """Which pair's numbers are put in, where they are not everyone's."""
    if not pairs.many:
        return ()
    text = (
        f"With the numbers of {shown[0].title} put in. Those of every other pair are on the Results page, "
        "under “How is this computed?”."
    )
    return (Paragraph(text),)


def _methods(material: Material, parts: tuple[PairPart, ...]) -> Iterator[Block]:
    yield Method(
        "Win rate",
        (WIN_RATE, *(line for part in parts for line in _rates(part))),
        "Wilson where a prompt has one judgment, else t over prompt means; two-way clustered t over raters",
        "Wilson 1927; Liang & Zeger 1986; Cameron, Gelbach & Miller 2011",
    )
    yield from _prompt_methods(parts)
    yield Method(
        "Evidence",
        (EVIDENCE, *(_evidence(part) for part in parts)),
        "betting e-process, uniform mixture; one prompt is one step",
        "Waudby-Smith & Ramdas 2024; Ville 1939",
    )
    yield Method("Prompts still needed", (STILL_NEEDED,))
    if any(part.lost is not None and part.lost.whole is not None for part in parts):
        yield Method("Prompts lost clearly", (CLEAR_WINS,), "Wilson's interval over prompts", "Wilson 1927")
    yield Method(
        "Win rate at equal length",
        (LENGTH, *(line for part in parts if (line := _length(part)))),
        "logistic regression, sandwich variance over prompts",
        "Dubois et al. 2024, Length-controlled AlpacaEval",
    )
    yield Method("Agreement", (AGREEMENT,), "", "Krippendorff 2019, ch. 12; Gwet 2014; Cohen 1960")
    yield Method("Position, controls, repeats, gold", (POSITION, *_position(material)))
    yield from _blind_method(material)
    if len(material.systems) > 2:
        yield Method("Ranking", (RANKING,), "", "Bradley & Terry 1952; Davidson 1970; Newman 2023")


def _prompt_methods(parts: tuple[PairPart, ...]) -> Iterator[Method]:
    """What counts each prompt once."""
    decided = tuple(_decided(part) for part in parts)
    exact = "exact, two-sided (= exact McNemar)"
    yield Method("Sign test", (SIGN_TEST, *decided), exact, "Dixon & Mood 1946; Clopper & Pearson 1934")
    beta = "Gelman et al. 2013, ch. 2"
    yield Method("Probability that b is better", (PROBABILITY, *decided), "Beta posterior", beta)
    differences = tuple(line for part in parts for line in _differences(part))
    if differences:
        welch = "Welch 1947, Biometrika 34:28"
        yield Method("Difference between splits", differences, "Welch's t over prompt means", welch)


def _rates(part: PairPart) -> Iterator[str]:
    pair = part.pair
    yield f"{part.title}, for these raters: {pair.win_rate.explanation}"
    if pair.win_rate_over_raters is not None:
        yield f"{part.title}, for raters like these: {pair.win_rate_over_raters.explanation}"


def _evidence(part: PairPart) -> str:
    pair = part.pair
    return (
        f"{part.title}: E = {say.number(pair.e_value)} after {say.counted(pair.prompts, 'prompt')}, at most "
        f"{say.number(pair.evidence.highest)}; confidence sequence {say.span(*pair.confidence_sequence)}."
    )


def _decided(part: PairPart) -> str:
    counts = part.pair.by_prompt
    return f"{part.title}: {counts.wins:,} prompts won, {counts.losses:,} lost, {counts.ties:,} even."


def _differences(part: PairPart) -> Iterator[str]:
    for found in part.pair.split_differences:
        yield f"{part.title}: {found.explanation}"


def _length(part: PairPart) -> str:
    rate = part.pair.length_controlled
    return f"{part.title}: {rate.explanation}" if rate else ""


def _position(material: Material) -> Iterator[str]:
    found = material.details.results.summary.position
    if found.left_share is not None:
        yield f"{found.left} / ({found.left} + {found.right}) = {found.left_share:.1%}."


def _blind_method(material: Material) -> Iterator[Block]:
    overall = material.checks.blindness.overall if material.checks else None
    if overall is not None and overall.guesses:
        source = "Bang, Ni & Davis 2004, Controlled Clinical Trials 25:143"
        yield Method("Guesses", (BANG, overall.explanation), overall.method, source)


def reproducibility_section(material: Material) -> Section:
    """The versions, settings and proof of the writing; the chains and the check of the file."""
    last = material.writing.last_run
    facts = [("FTCompare", material.version), ("Report written", say.moment(material.written))]
    if last is not None:
        facts += [
            ("Runs of the engine", f"{material.runs:,}"),
            ("Settings of the last run", _settings(material)),
            ("Responses differ in their settings", _mix(material)),
            ("Device", say.words(last.device)),
            ("Libraries", say.words(", ".join(f"{k} {v}" for k, v in material.versions.items()))),
        ]
    facts += [
        ("Audit log", f"{material.chains.entries:,} entries"),
        ("Head of the audit log", material.chains.head),
        ("Check of the file", _check_words(material)),
    ]
    known = Facts(tuple((title, text) for title, text in facts if text))
    blocks = (known, *_proofs(material), *_chains(material), *_findings(material))
    return Section("reproducibility", "Where it comes from", blocks)


def _settings(material: Material) -> str:
    last = material.writing.last_run
    return ", ".join(f"{k} {v}" for k, v in asdict(last.settings).items()) if last else ""


def _mix(material: Material) -> str:
    """With which settings responses were written, where these are several."""
    uses = material.writing.uses
    return uses_words(uses) if len(uses) > 1 else ""


def _check_words(material: Material) -> str:
    findings = material.chains.findings
    wrong = sum(1 for finding in findings if not finding.ok)
    if wrong:
        return f"{wrong} of {len(findings)} checks do NOT hold: see below"
    return f"all {len(findings)} checks hold: nothing was altered behind the program's back"


def _proofs(material: Material) -> Iterator[Block]:
    last = material.writing.last_run
    if last is not None and last.proofs:
        yield Subheading("Proof that the systems differ as they should")
        yield from (Paragraph(say.words(proof)) for proof in last.proofs)


def _chains(material: Material) -> tuple[Block, ...]:
    columns = (Column("Rater", 1.4), Column("Events", 0.6, numbers=True), Column("Head of the chain", 4))
    rows = tuple((say.name(f.rater.name), f"{f.events:,}", f.head) for f in material.raters if f.events)
    return limited(Table("Chains of the raters' events", columns, rows), "chains")


def _findings(material: Material) -> tuple[Block, ...]:
    columns = (Column("Check that does not hold", 2), Column("What was found", 4))
    rows = tuple((say.name(f.subject), say.words(f.detail)) for f in material.chains.findings if not f.ok)
    return limited(Table("What is wrong", columns, rows), "checks")
