"""The sealed plan of a study as sentences and a section: what was planned, and what is confirmed."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.planned_claims import PlannedClaim, PlannedClaims, Standing
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.number_format import e_value, moment, range_words, share_words
from ftcompare.app.study.audit_log import short
from ftcompare.core.language import N_, counted, listed, sentences, tr, trn

TITLE = N_("Planned before judging")

_WORDS = {
    Standing.CONFIRMED: N_("Confirmed, as planned"),
    Standing.NOT_CONFIRMED: N_("Planned, not confirmed"),
    Standing.OPPOSITE: N_("Planned, and the opposite was found"),
    Standing.INHERITED: N_("Planned, no claim because of inherited judgments"),
    Standing.UNFINISHED: N_("Planned, not judged to the end"),
    Standing.EXPLORATORY: N_("Exploratory"),
}


def planned_lines(planned: PlannedClaims) -> tuple[str, str]:
    """The outcome of the first hypothesis, and what holds of the others and of everything else."""
    if not planned.claims:
        return "", seal_sentence(planned)
    first, number = planned.claims[0], len(planned.claims)
    headline = tr("{standing}: {hypothesis}", standing=tr(_WORDS[first.standing]), hypothesis=_stated(first))
    confirmed = ""
    if number > 1:
        confirmed = tr("{confirmed} of {number} hypotheses are confirmed.", planned.confirmed, number)
    return headline, sentences(confirmed, *_cautions(planned), tr(REST))


REST = N_("All other figures are exploratory: they were not planned.")


def seal_sentence(planned: PlannedClaims) -> str:
    """When the plan was sealed, and with which seal."""
    state = planned.state
    first, amended = state.seals[0], len(state.seals) - 1
    known = {"time": moment(first.at), "seal": short(state.last.digest)}
    text = trn("{number} (amendment|amendments) followed.", amended) if amended else ""
    return sentences(tr("The plan was sealed {time}, before judging (seal {seal}).", **known), text)


def planned_section(planned: PlannedClaims) -> blocks.Section:
    """The hypotheses with their outcomes; before unblinding, only the seal."""
    return blocks.Section("planned", tr(TITLE), tuple(_blocks(planned)))


def _blocks(planned: PlannedClaims) -> Iterator[blocks.Block]:
    yield blocks.Paragraph(sentences(seal_sentence(planned), *_cautions(planned)))
    if not planned.claims:
        return
    columns = (
        blocks.Column(tr("Hypothesis"), 3.0),
        *blocks.number_columns((tr("Win rate"), 1.2)),
        blocks.Column(tr("Outcome"), 1.6),
    )
    rows = tuple((one.hypothesis.sentence, _rate(one), _outcome(one)) for one in planned.claims)
    yield blocks.Table("", columns, rows, _explanation(planned))
    for one in planned.state.seals[1:]:
        late = "" if one.before_judging else tr("This was after judging began.")
        known = {"time": moment(one.at), "reason": one.plan.reason}
        yield blocks.Paragraph(sentences(tr("Amended {time}: {reason}.", **known), late), blocks.Tone.NOTE)


def _stated(claim: PlannedClaim) -> str:
    """The hypothesis with its win rate and interval."""
    rate, sentence = _rate(claim), claim.hypothesis.sentence
    return f"{sentence.removesuffix('.')} ({rate.value}, {rate.detail})." if rate.value else sentence


def _rate(claim: PlannedClaim) -> blocks.Cell:
    if claim.rate is None:
        return blocks.Cell("", tr("no judgments"))
    span = range_words(claim.tested.low, claim.tested.high)
    level = tr("{level:.4g}% interval", 100 * claim.tested.level)
    return blocks.Cell(share_words(claim.rate), f"{level} {span}" if span else tr("no interval"))


def _outcome(claim: PlannedClaim) -> blocks.Cell:
    evidence = claim.tested.e_value
    detail = [
        *([tr("evidence {value} of 20", e_value(evidence))] if evidence is not None else []),
        *([tr("dropped by an amendment")] if claim.dropped else []),
    ]
    return blocks.Cell(tr(_WORDS[claim.standing]), ", ".join(detail))


def _cautions(planned: PlannedClaims) -> Iterator[str]:
    yield from planned.state.changed
    if planned.claims and not planned.state.kept and not planned.state.changed:
        yield tr("The rules changed after judging began, so nothing is confirmed as planned.")
    if any(one.standing is Standing.UNFINISHED for one in planned.claims):
        yield tr("Judging ended early, so only the evidence counts, and nothing is confirmed.")
    if any(one.standing is Standing.INHERITED for one in planned.claims):
        yield tr("Too many judgments are from the earlier study to confirm a hypothesis.")
    if planned.left_out:
        text = N_("The plan leaves out {raters}: {names}.")
        yield tr(text, raters=counted(len(planned.left_out), "rater"), names=listed(planned.left_out))


def _explanation(planned: PlannedClaims) -> blocks.Explanation:
    family = sum(one.hypothesis in planned.state.planned.plan.hypotheses for one in planned.claims)
    rule = (
        tr(
            "A hypothesis is confirmed if it was sealed before judging, the plan was kept, and its interval "
            "excludes what it denies. A false hypothesis is confirmed in at most 5% of studies."
        ),
        tr("With several hypotheses, the intervals are wider, so that this holds for all of them together."),
    )
    numbers = (trn("Here: {number} planned (hypothesis|hypotheses).", family),)
    return blocks.Explanation(
        tr(TITLE), rule, "Holm", "Holm 1979, Scandinavian Journal of Statistics 6:65–70", numbers
    )
