"""A suite file with every setting, to begin with: written for the owner to change."""

from __future__ import annotations

EXAMPLE = """\
# What every new adapter of a base is asked, and what it must hold to. In a script:
#
#     ftcompare suite run suite.toml --adapter adapters/step-1000 --junit suite.xml --replace
#
# Files that are named here lie in the folder of this file or below it; the base may lie anywhere.
# Take the # from before a line to ask for it.

title = "Regression suite"
# Folder (as seen from this file), hub id, or address of a server with its model: http://HOST:PORT/v1#NAME
base = "models/base"
# Prompts with checks: {"id": "f1", "prompt": "What helps against fever?", "checks": [{"contains": "rest"}]}
prompts = "prompts.jsonl"
# For checks of terms.
# glossary = "glossary.csv"
# How base and adapter are asked: system prompt, examples, use of context.
# recipe = "recipe.toml"
# The base once more with a long prompt, which the adapter should beat: the system “prompted base”.
# prompted_base = "long_prompt.toml"
# All models in so many bits.
# quantisation = "4bit"

# So many prompts that passed in the last run may fail now; false: not asked. A run is held against the last
# one that passed with the same prompts and settings.
max_new_failures = 0
# Speed, memory and tokens are measured on so many prompts, each system by itself; 0: not at all.
speed_prompts = 0
# The tier of the gate that a run is held to unless --tier names another; left out: all of them.
# tier = "pilot"

# How answers are written. At temperature 0 nothing is drawn, so that a prompt does not fail by chance.
[generation]
max_new_tokens = 256
temperature = 0.0
# samples = 1
# seed = 0
# strict = true                # no answer depends on what is written beside it; slower

# What is another for prompts of a task.
# [generation.task.freeform]
# temperature = 0.7

# What the adapter must hold to, as in a gate file (ftcompare gate --example); or gate_file = "gate.toml"
[gate]

[[gate.measure]]
key = "checks.passed"
not_worse_by = 0.05            # that it lost so much against the base, or more, is ruled out

[[gate.measure]]
key = "checks.passed"
at_least = 0.9
basis = "point"                # of these prompts alone: nothing is said of others like them

# [[gate.tier.production.measure]]
# key = "checks.passed"
# at_least = 0.9               # the lower end of the interval: for other prompts like these, too
"""
