"""Blocks on reasons: the features of answers that raters reward, and those of which nothing can be said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftcompare.app.generate.comment_themes import found_words
from ftcompare.app.results.comments import CommentWord
from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation import number_format as say
from ftcompare.app.results.presentation.chart_data import ForestPlot, ForestRow
from ftcompare.app.results.presentation.criteria import by_answer
from ftcompare.app.results.reasons import PairReasons, Reason
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.language import N_, counted, listed, named_value, sentences, tr, trn
from ftcompare.stats.reasons import FeatureRate, FeatureStanding
from ftcompare.stats.slices import Counts

TITLE = N_("Why raters prefer")
REASONS, ONE_SIDED, UNTESTED = "reasons", "one_sided", "untested"  # keys of sections
EVEN = 0.5
NAMED = 2  # maximum number of features of one system in the first sentences
HEADINGS = {
    FeatureStanding.REASON: N_("REASONS"),
    FeatureStanding.GOES_WITH: N_("GO WITH A REASON"),
    FeatureStanding.NOT_SHOWN: N_("COULD BE CHANCE"),
}
RULE = (
    N_(
        "A feature is tested on the prompts whose answers differ in it. The judgments of these prompts "
        "are permuted, so a system that is ahead on all of them gives no reason. A tested feature is "
        "kept if its p is at most 5% after Holm's correction. Another feature counts as a reason only if "
        "it adds to the reasons found before it. Otherwise, it is listed with one of them."
    ),
    N_(
        "The rate is ½ + (m₁ − m₀) / 4. Here m₁ is the mean preference for the second system, from −1 to 1, "
        "where its answer has more of the feature. m₀ is the same where the other answer has more. A tie is "
        "0. Both kinds of prompts have equal weight. The interval is Welch's, for these raters."
    ),
    N_(
        "“If answers were equally long” adjusts the test and the rate for the difference in length. A "
        "rate that barely passes looks larger than it is."
    ),
    N_(
        "A feature is not tested if one system has more of it on nearly all prompts, or if it differs on too "
        "few. In simulated studies without reasons, some reason was found in 1% to 5% of the studies."
    ),
    N_(
        "For words of comments, verdicts are permuted between whole prompts on which the same raters "
        "commented. So raters' habits and prompts' topics do not count. The p is corrected for all words."
    ),
    N_(
        "Themes of comments are groups of similar embeddings. They are shown only if two halves of the "
        "comments, grouped separately, agree (adjusted Rand index of at least 0.5). The groups must also be "
        "clearer than parts of one cloud."
    ),
)
INSEPARABLE = N_("So judgments cannot show whether raters liked this or something else about the system.")
SOURCE = "Chung & Romano 2013; Freedman & Lane 1983; Holm 1979; Westfall & Young 1993"


def reasons_lines(reasons: PairReasons) -> tuple[str, str]:
    """The reasons in one sentence, and on what it is based."""
    named = reasons.of(FeatureStanding.REASON)
    liked, disliked = ([one.feature.more for one in named if _won(one) is won] for won in (True, False))
    head = sentences(
        tr("Raters preferred answers with {features}.", listed(liked)) if liked else "",
        tr("Raters disliked answers with {features}.", listed(disliked)) if disliked else "",
    )
    none = _one_sided_words(reasons) or tr("No feature explains why raters preferred an answer.")
    basis = trn(
        "{number} (feature|features) of the answers tested on {prompts}, for these raters.",
        reasons.tested,
        prompts=counted(reasons.prompts, "prompt"),
    )
    if not reasons.tested:
        basis = tr(
            "A feature, such as length or lists, can be tested only if each system has more of it on some "
            "prompts."
        )
    fixed = tr("The features were fixed in the sealed plan.") if reasons.sealed else ""
    left = (
        tr("Not in the sealed plan, so not tested: {features}.", listed(reasons.left_out))
        if reasons.left_out
        else ""
    )
    return head or none, sentences(basis, fixed, left)


def _won(reason: Reason) -> bool:
    return reason.result.rate is not None and reason.result.rate.value > EVEN


def reason_part(reason: Reason) -> Part:
    """The judged pairs that differ in a feature."""
    title = tr("answers differ in “{feature}”", reason.feature.title)
    return Part(Dimension.FEATURE, reason.feature.id, keys=reason.keys or frozenset([""]), title=title)


def reasons_picture(reasons: PairReasons) -> blocks.Picture | None:
    """The rate of each tested feature; None without any."""
    rows = [
        ForestRow(
            one.result.standing.value,
            one.feature.id,
            one.feature.title,
            rate.value,
            rate.low,
            rate.high,
            one.result.differing,
        )
        for standing in HEADINGS
        for one in reasons.of(standing)
        if (rate := one.result.rate) is not None
    ]
    if not rows:
        return None
    title = tr("How often the answer with more of a feature wins")
    headings = {key.value: tr(words) for key, words in HEADINGS.items()}
    chart = ForestPlot("", "", tuple(rows), headings, tr("win rate of the answer with more of it"))
    beyond = any(
        rate and not rate.low <= EVEN <= rate.high
        for rate in (one.result.rate for one in reasons.of(FeatureStanding.NOT_SHOWN))
    )
    several = N_("If several features are tested, one can be clear of 50% by chance.")
    counted_in = tr("n is the number of prompts whose answers differ clearly in the feature.")
    caption = sentences(counted_in, tr(several) if beyond else "")
    return blocks.Picture(chart, caption, title, explanation(reasons))


def explanation(reasons: PairReasons) -> blocks.Explanation:
    rules = tuple(
        named_value(one.feature.title, one.feature.rule)
        for one in reasons.features
        if one.result.p is not None
    )
    return blocks.Explanation(
        tr(TITLE), tuple(map(tr, RULE)), tr("permutation tests with Holm's correction"), SOURCE, rules
    )


def reason_sections(reasons: PairReasons) -> tuple[blocks.Section, ...]:
    """The reasons with their sentences, features of one system alone, and the others, as sections."""
    every = (
        (REASONS, tr("Reasons"), tuple(_reason_blocks(reasons))),
        (ONE_SIDED, tr("One system nearly always has more of it"), tuple(_one_sided(reasons))),
        (UNTESTED, tr("Other features"), tuple(_untested(reasons))),
        ("said", tr("Comments"), tuple(comment_blocks(reasons))),
    )
    return tuple(blocks.Section(*one) for one in every if one[2])


def reason_blocks(reasons: PairReasons, *, texts: bool = True) -> Iterator[blocks.Block]:
    """All blocks, for a report and the command line; ``texts`` adds the beginnings of example prompts."""
    yield blocks.Paragraph(sentences(*reasons_lines(reasons)), explanation=explanation(reasons))
    picture = reasons_picture(reasons)
    if picture is not None:
        yield picture
    for one in reasons.of(FeatureStanding.REASON, FeatureStanding.GOES_WITH):
        yield blocks.Paragraph(reason_sentence(one))
        if texts and one.examples:
            yield blocks.Paragraph(_examples(one), blocks.Tone.NOTE)
    yield from (*_one_sided(reasons), *_untested(reasons), *comment_blocks(reasons, texts=texts))


def _reason_blocks(reasons: PairReasons) -> Iterator[blocks.Block]:
    for one in reasons.of(FeatureStanding.REASON, FeatureStanding.GOES_WITH):
        text, link = reason_sentence(one), tr("Show these pairs")
        yield blocks.Paragraph(text, judged=reason_part(one), link=link)
        if one.examples:
            yield blocks.Paragraph(tr("Read these first:"), blocks.Tone.NOTE)
        for prompt in one.examples:
            title = tr("“{text}”", say.name(prompt.text, 80))
            part = Part(Dimension.FEATURE, one.feature.id, keys=frozenset([prompt.key]), title=title)
            yield blocks.Paragraph(title, judged=part, link=tr("Show this pair"))


def reason_sentence(reason: Reason) -> str:
    """How often answers with more of a feature won, at equal length too, and what it goes with."""
    result = reason.result
    if result.rate is None:
        return ""
    known = {"feature": reason.feature.more, "rate": _rate(result.rate), "pairs": result.differing}
    won = tr("Answers with {feature} won {rate} of the {pairs} pairs that differed in it.", **known)
    return sentences(
        won,
        _at_equal_length(reason),
        tr("It goes with “{feature}”.", reason.goes_with) if reason.goes_with else "",
    )


def _at_equal_length(reason: Reason) -> str:
    rate = reason.result.equal_length
    if rate is None:
        close = tr("It depends too closely on length to compute a rate for equally long answers.")
        return "" if reason.result.p_equal_length is None else close
    if reason.result.whatever_the_length:
        return tr("If answers were equally long: {rate}, so length alone does not explain it.", _rate(rate))
    return tr("If answers were equally long: {rate}, so length alone may explain it.", _rate(rate))


def _rate(rate: FeatureRate) -> str:
    return f"{say.percent(rate.value)} ({say.range_words(rate.low, rate.high)})"


def _examples(reason: Reason) -> str:
    texts = (tr("“{text}”", say.name(prompt.text, 80)) for prompt in reason.examples)
    return named_value(tr("To read"), " ".join(texts))


def comment_blocks(reasons: PairReasons, *, texts: bool = True) -> Iterator[blocks.Block]:
    """The owner's groups of phrases in comments, and with ``texts``, words of one side's comments."""
    said, systems = reasons.comments, (say.name(reasons.b), say.name(reasons.a))
    every = said.counts.judgments
    if not every:
        return
    total = trn("{number} (comment|comments) on answers of these two systems.", every)
    if said.ungrouped is None:
        how = tr("To count themes in comments, run a table of phrases as a measure of your own.")
        yield blocks.Paragraph(sentences(total, how), blocks.Tone.NOTE)
    else:
        left = said.ungrouped.judgments
        rest = tr("{share} of the comments are in no group.", say.percent(left / every)) if left else ""
        yield blocks.Paragraph(sentences(total, rest))
        rows = (*said.groups, *([(tr("In no group"), said.ungrouped)] if left else []))
        yield _by_answer(tr("Groups of comments, by the overall answer"), tr("Group"), systems, rows)
    if said.searched is not None and texts:
        yield blocks.Paragraph(found_words(said.searched), explanation=explanation(reasons))
    if said.themes and texts:
        rows = tuple((tr("like “{text}”", one), counts) for one, counts in said.themes)
        yield _by_answer(tr("Themes of comments, by the overall answer"), tr("Theme"), systems, rows)
    if said.too_slow:
        slow = tr("Not counted, because the regular expression is too slow: {groups}.", listed(said.too_slow))
        yield blocks.Paragraph(slow, blocks.Tone.NOTE)
    if texts:
        yield from _words(reasons)


def _by_answer(
    title: str, heading: str, systems: tuple[str, str], rows: Iterable[tuple[str, Counts]]
) -> blocks.Table:
    return by_answer(title, (heading, tr("Comments")), systems, ((one, counts, ()) for one, counts in rows))


def _words(reasons: PairReasons) -> Iterator[blocks.Paragraph]:
    said = reasons.comments
    for side, system in ((True, reasons.b), (False, reasons.a)):
        own = (_word(one, said.counts) for one in said.words if one.for_b is side)
        if text := ", ".join(own):
            more = tr("Comments for {system} contain more often: {words}.", say.name(system), text)
            yield blocks.Paragraph(more, explanation=explanation(reasons))
    if not said.words and said.tested:
        none = trn("{number} (word|words) tested, none shown to be more frequent for one side.", said.tested)
        yield blocks.Paragraph(none, blocks.Tone.NOTE, explanation=explanation(reasons))


def _word(one: CommentWord, every: Counts) -> str:
    numbers = [(one.counts.wins_a, every.wins_a), (one.counts.wins_b, every.wins_b)]
    (most, of), (few, others) = reversed(numbers) if one.for_b else numbers
    return tr(
        "“{word}” ({most} of {of}, against {few} of {others})", say.name(one.word), most, of, few, others
    )


def _one_sided_words(reasons: PairReasons) -> str:
    """Return the features that only one system has, and what they leave open; empty without any."""
    features = sorted(reasons.of(FeatureStanding.ONE_SIDED), key=lambda one: -one.result.differing)
    by_system: dict[str, list[str]] = {}
    for one in features[:NAMED]:
        by_system.setdefault(_one_sided_system(one, reasons), []).append(one.feature.more)
    every = (
        tr("{system} nearly always has {features}.", system, listed(more))
        for system, more in by_system.items()
    )
    return sentences(*every, tr(INSEPARABLE)) if features else ""


def _one_sided_system(one: Reason, reasons: PairReasons) -> str:
    return say.name(reasons.b if one.result.more_b >= one.result.more_a else reasons.a)


def _one_sided_count(one: Reason, reasons: PairReasons) -> str:
    result = one.result
    return tr(
        "{system} has {feature} on {more} of the {pairs} prompts on which the answers differ in it.",
        system=_one_sided_system(one, reasons),
        feature=one.feature.more,
        more=max(result.more_a, result.more_b),
        pairs=result.differing,
    )


def _one_sided(reasons: PairReasons) -> Iterator[blocks.Paragraph]:
    if reasons.of(FeatureStanding.ONE_SIDED) and reasons.of(FeatureStanding.REASON):
        yield blocks.Paragraph(tr(INSEPARABLE), blocks.Tone.NOTE)  # else it is in the first sentence
    for one in reasons.of(FeatureStanding.ONE_SIDED):
        told = _one_sided_count(one, reasons)
        yield blocks.Paragraph(told, judged=reason_part(one), link=tr("Show these pairs"))


def _untested(reasons: PairReasons) -> Iterator[blocks.Paragraph]:
    for standing, text in (
        (FeatureStanding.NOT_SHOWN, N_("Tested, and no effect shown: {features}.")),
        (FeatureStanding.RARE, N_("Not tested, because too few answers differ in them: {features}.")),
    ):
        titles = [one.feature.title for one in reasons.of(standing)]
        if titles:
            yield blocks.Paragraph(tr(text, features=listed(titles)), blocks.Tone.NOTE)
