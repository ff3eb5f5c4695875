"""A gate file to begin with: every setting, with what it means; the usual ones asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ftcompare.app.overwrite_guard import require_output
from ftcompare.formats.atomic_write import atomic_text

EXAMPLE = """\
# What a release must hold to. In the window: Results, Checkpoints, Release gate. In a script:
#
#     ftcompare gate study.ftstudy --gate gate.toml
#
# Take the # from before a line to ask for it, and put one before a line that you do not want.
# Shares are from 0 to 1. A condition whose figure is not defined does not hold.

# Whose release it is: needed where a study has more than two systems. What it is held against: needed
# where none is known to be the base, as where all answers were imported.
# system = "cardiology"
# against = "base"
# rater_kind = "human"          # or "automatic": the kinds are never pooled

# The study.
check = true                    # nothing in it was altered: all its proofs hold. Held to unless false
unblinded = true

# How much was judged, of these two systems.
min_prompts = 100
min_raters = 3
# min_judgments = 300
# max_exclusions = 1            # raters left out of the results

# Whether it was judged carefully and blind. These need controls and guesses: see Setup.
# max_false_preferences = 0.2   # share of controls on which a side was preferred
# max_blinding_high = 0.3       # upper end of Bang's index
# max_blinding_index = 0.2      # Bang's index, whatever its sign
max_self_naming = 0.02          # share of prompts with an answer that gives its model away
# agreement = "alpha_ordinal"   # for the next line; or "alpha_nominal", or "percent"
# min_agreement = 0.4

# Whether it is better. The win rate is held by the lower end of its interval.
min_win_rate = 0.5
# min_e_value = 20              # evidence that either is preferred, however often it was looked at

# Whether it is worse anywhere: the win rate in every category, in every split, on every tag.
min_category = 0.4
min_category_prompts = 10       # categories with fewer prompts are passed over
# min_split = 0.4
# min_split_prompts = 10
# min_tag = 0.4                 # a prompt counts with each of its tags
# min_tag_prompts = 10
"""


def write_example(path: Path, *, inputs: Iterable[Path] = (), replace: bool = False) -> None:
    """Write the example, whole or not at all.

    Raises:
        UserError, EnvironmentFault: as `require_output` and `atomic_text`.
    """
    require_output(path, inputs=inputs, replace=replace)
    with atomic_text(path, replace=replace) as handle:
        handle.write(EXAMPLE)
