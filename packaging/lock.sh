#!/bin/sh
# Writes packaging/constraints.txt from an environment: every package, its exact version.
set -eu
python=$1
target=$(dirname "$0")/constraints.txt
{
    grep '^#' "$target"
    {
        "$python" -m pip freeze --exclude-editable | sed -E 's/^(torch==[0-9.]+).*/\1/'
        grep -E '^(altgraph|editables|hatchling|pathspec|pyinstaller|pyinstaller-hooks-contrib|trove-classifiers)==' "$target"
    } | sort -fu
} >"$target.new"
mv "$target.new" "$target"
