#!/bin/sh
# Writes packaging/constraints.txt from an environment: every package, its exact version.
set -eu
python=$1
target=$(dirname "$0")/constraints.txt
{
    grep '^#' "$target"
    {
        "$python" -m pip freeze --exclude-editable | sed -E 's/^(torch==[0-9.]+).*/\1/'
        grep -E '^(altgraph|babel|backrefs|editables|ghp-import|hatchling|Markdown|mergedeep|mkdocs|mkdocs-get-deps|mkdocs-material|mkdocs-material-extensions|paginate|pathspec|pyinstaller|pyinstaller-hooks-contrib|pymdown-extensions|pyyaml_env_tag|trove-classifiers|watchdog)==' "$target"
    } | sort -fu
} >"$target.new"
mv "$target.new" "$target"
