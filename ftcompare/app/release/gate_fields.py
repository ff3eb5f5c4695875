"""The settings of a gate file as fields of a form: titles, meanings and allowed values."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.app.release.gate_file import MOST_MARGIN
from ftcompare.core.fields import Choice, Field, FieldKind


@dataclass(frozen=True, slots=True)
class GateSection:
    """Fields under a heading."""

    title: str
    fields: tuple[Field, ...]


MOST = 1_000_000
_NO_ZERO = 0.001
_SHARE, _WHOLE, _NUMBER = FieldKind.SHARE, FieldKind.WHOLE, FieldKind.NUMBER


def _field(
    key: str,
    title: str,
    meaning: str,
    kind: FieldKind,
    low: float = 0.0,
    high: float = 1.0,
    usual: float = 0.0,
    choices: tuple[Choice, ...] = (),
) -> Field:
    return Field(
        key=key, title=title, help=meaning, kind=kind, low=low, high=high, usual=usual, choices=choices
    )


def _choice(key: str, title: str, meaning: str, *choices: Choice) -> Field:
    return _field(key, title, meaning, FieldKind.CHOICE, choices=choices)


def _margin(key: str, title: str, meaning: str, usual: float) -> Field:
    return _field(key, title, meaning, _SHARE, _NO_ZERO, MOST_MARGIN - _NO_ZERO, usual)


def _count(key: str, title: str, meaning: str, usual: int, low: int = 0) -> Field:
    return _field(key, title, meaning, _WHOLE, low, MOST, usual)


def _parts(one: str, many: str, told: str) -> tuple[Field, ...]:
    return (
        _margin(
            f"{one}_not_worse_than",
            f"In no {one} worse by",
            f"That its win rate lies so many points below 50% is ruled out (one-sided, 95%) in every {one}."
            f"{told}",
            0.15,
        ),
        _field(
            f"min_{one}",
            f"Win rate in every {one} above",
            f"The lower end of the 95% interval in every {one}. Stricter than the condition above.",
            _SHARE,
            usual=0.4,
        ),
        _count(
            f"min_{one}_prompts",
            f"Only {many} with at least",
            f"So many prompts. {many.capitalize()} with fewer are passed over, and the answer says how many.",
            20,
            low=1,
        ),
    )


SECTIONS = (
    GateSection(
        "What is released",
        (
            _field(
                "system",
                "System",
                "The name of the system to be released. Needed where a study has more than two.",
                FieldKind.TEXT,
            ),
            _field(
                "against",
                "Held against",
                "The name of the system that it is compared with. Needed where no base is known.",
                FieldKind.TEXT,
            ),
            _choice(
                "rater_kind",
                "Whose judgments",
                "People and automatic raters are never counted together.",
                ("not said: people", None),
                ("people", "human"),
                ("automatic raters", "automatic"),
            ),
        ),
    ),
    GateSection(
        "It is better, or not worse",
        (
            _field(
                "min_win_rate",
                "Win rate above",
                "The lower end of its 95% interval is above this. At 50% it is the claim of the results: "
                "raters prefer it.",
                _SHARE,
                usual=0.5,
            ),
            _margin(
                "not_worse_than",
                "Not worse by",
                "That its win rate lies so many points below 50% is ruled out (one-sided, 95%).",
                0.05,
            ),
            _choice(
                "speaks_for",
                "Of whom it must hold",
                "Of the two conditions above.",
                ("not said: raters like these, if enough", None),
                ("raters like these, if enough judged", "widest"),
                ("raters like these", "raters_like_these"),
                ("these raters alone", "these_raters"),
            ),
            _choice(
                "beats_prompted_base",
                "It beats its base with a long prompt",
                "People prefer it to every base in the study that is asked with a system prompt or examples.",
                ("not asked for", None),
                ("not asked for, written down", False),
                ("must", True),
            ),
            _field(
                "min_e_value",
                "Evidence of at least",
                "The e-value that it is preferred, however often that was looked at. 20 is enough to stop.",
                _NUMBER,
                high=MOST,
                usual=20,
            ),
        ),
    ),
    GateSection(
        "Enough was judged",
        (
            _count("min_prompts", "Prompts, at least", "Judged of these two systems.", 100),
            _count("min_raters", "Raters, at least", "Who judged these two systems.", 3),
            _count("min_judgments", "Judgments, at least", "Of these two systems.", 300),
            _choice(
                "allow_unfinished",
                "All that was planned is judged",
                "And no rater pack is out.",
                ("not said: it must be", None),
                ("must be, as a condition", False),
                ("need not be", True),
            ),
        ),
    ),
    GateSection(
        "It was judged blind and with care",
        (
            _choice(
                "unblinded",
                "The study is unblinded",
                "Before that no condition that tells the systems apart holds.",
                ("not asked for", None),
                ("not asked for, written down", False),
                ("must be", True),
            ),
            _choice(
                "check",
                "Nothing in the study was altered",
                "All its proofs hold: chains, commitments, digests.",
                ("not said: they must hold", None),
                ("must hold, as a condition", True),
                ("not looked at", False),
            ),
            _count("max_exclusions", "Raters left out, at most", "Of the results, on the Raters page.", 1),
            _field(
                "max_false_preferences",
                "Same answer twice: one preferred, at most",
                "The share of such checks on which a side was preferred (Setup, Same answer twice).",
                _SHARE,
                usual=0.2,
            ),
            _field(
                "max_self_naming",
                "Answers that name their model, at most",
                "The share of prompts with an answer that gives its model away.",
                _SHARE,
                usual=0.02,
            ),
            _field(
                "max_blinding_index",
                "Guessing index, at most",
                "Bang's index of the guesses which side was fine-tuned, without its sign: 0 is chance, 1 is "
                "always right.",
                _NUMBER,
                usual=0.2,
            ),
            _field(
                "max_blinding_high",
                "Upper end of the guessing index, at most",
                "Of its 95% interval, from −1 to 1.",
                _NUMBER,
                low=-1.0,
                usual=0.3,
            ),
            _field(
                "min_agreement",
                "Raters agree by at least",
                "By the measure below: 0 is chance for α, 1 is full agreement.",
                _NUMBER,
                low=-1.0,
                usual=0.4,
            ),
            _choice(
                "agreement",
                "Agreement is measured by",
                "Needs the condition above.",
                ("not said: Krippendorff's α, ordinal", None),
                ("Krippendorff's α, ordinal", "alpha_ordinal"),
                ("Krippendorff's α, nominal", "alpha_nominal"),
                ("the share of equal answers", "percent"),
            ),
        ),
    ),
    GateSection("In every category", _parts("category", "categories", "")),
    GateSection("In every split", _parts("split", "splits", "")),
    GateSection("For every tag", _parts("tag", "tags", " A prompt counts with each of its tags.")),
    GateSection(
        "How parts are held to their floors",
        (
            _choice(
                "basis",
                "Those win rates go by",
                "What “Win rate in every category above” (split, tag) looks at. The win rate itself says "
                "nothing of chance, and fails sound models.",
                ("not said: the lower end of the interval", None),
                ("the lower end of the interval", "lower"),
                ("the win rate itself", "point"),
            ),
        ),
    ),
    GateSection(
        "Prices, for measures of cost",
        (
            _field(
                "price_read",
                "A million tokens read",
                "What they cost, for cost.per_1000_prompts below. Give both prices.",
                _NUMBER,
                high=MOST,
            ),
            _field("price_written", "A million tokens written", "In the same money.", _NUMBER, high=MOST),
        ),
    ),
)
FIELDS = tuple(field for section in SECTIONS for field in section.fields)
