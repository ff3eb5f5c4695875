"""A gate file with every setting, to begin with: written for the owner to change."""

from __future__ import annotations

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

# Nothing in the study was altered: all its proofs hold. Asked for unless false.
check = true
# Its systems are shown by name. Before that no condition that tells them apart holds.
unblinded = true
# All that was planned is judged, and no rater pack is out. Asked for unless this is true.
allow_unfinished = false

# At least so much was judged of these two systems: prompts, people, judgments.
min_prompts = 100
min_raters = 3
# min_judgments = 300
# At most so many raters are left out of the results.
# max_exclusions = 1

# It was judged with care. On at most this share of the controls a side was preferred (see Setup).
# max_false_preferences = 0.2
# It was judged blind: at most so high is the upper end of Bang's index of the guesses, or the index
# itself without its sign (see Setup).
# max_blinding_high = 0.3
# max_blinding_index = 0.2
# At most this share of the prompts has an answer that gives its model away.
max_self_naming = 0.02
# The raters agree: Krippendorff's alpha ("alpha_ordinal" or "alpha_nominal"), or the share of equal
# answers ("percent"), is at least so high.
# agreement = "alpha_ordinal"
# min_agreement = 0.4

# It is better: the lower end of the win rate's 95% interval is above this. At 0.5 that is the claim that
# the results open with.
min_win_rate = 0.5
# Or it is not worse: that it lies so far below 50% or further is ruled out (one-sided, 95%).
# not_worse_than = 0.05
# Both are to hold of raters like these where there are enough of them, else of these raters.
# speaks_for = "widest"         # or "raters_like_these", or "these_raters": of them alone
# At least so much evidence that it is preferred, however often that was looked at.
# min_e_value = 20

# It is nowhere much worse: that its win rate lies so far below 50% or further is ruled out in every
# category with so many prompts. Categories with fewer are passed over, and the answer says how many.
category_not_worse_than = 0.15
min_category_prompts = 20
# The same for splits, and for tags; a prompt counts with each of its tags.
# split_not_worse_than = 0.15
# min_split_prompts = 20
# tag_not_worse_than = 0.15
# min_tag_prompts = 20
# Or the lower end of the 95% interval is above this in every category, split, tag. With basis = "point"
# the win rate itself is to be at least this: that says nothing of chance, and fails sound models.
# min_category = 0.4
# min_split = 0.4
# min_tag = 0.4
# basis = "lower"

# People prefer it to its base with a long prompt (a recipe), which costs no training.
# beats_prompted_base = true
# What a million tokens cost, read and written, for measures of cost.
# price_read = 0.5
# price_written = 1.5

# Any measure, as “ftcompare measures” names it: by its interval, or by the figure itself where basis is
# “point”. A measure without a figure, or without an interval, is not shown and does not hold.
# [[measure]]
# key = "checks.passed"
# at_least = 0.9               # the lower end of its interval; at_most: the upper end
# not_worse_by = 0.02          # that it lost so much against the base, or more, is ruled out
# better_by = 0.0              # that it gained more than this is shown
# against = "base"             # for the last two; left out: what the release is held against
# basis = "interval"

# Steps of a release, each with more conditions than those above: “ftcompare gate --tier pilot”.
# [tier.pilot]
# min_prompts = 30
#
# [[tier.pilot.measure]]
# key = "speed.first_token_seconds"
# at_most = 1.5
#
# [tier.production]
# min_prompts = 200
# min_win_rate = 0.55
"""
