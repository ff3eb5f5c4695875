#!/bin/sh
# Puts FTCompare's menu entry, icon and file types where this user's desktop finds them, so that studies and
# packs open by a double click, and its completion where bash, zsh and fish find it.
# `sh install_entries.sh PROGRAM`; with --remove it takes them away again.
set -eu

here=$(dirname "$0")
share=${XDG_DATA_HOME:-$HOME/.local/share}
app=io.github.ftcompare.FTCompare
entry=$share/applications/$app.desktop
icon=$share/icons/hicolor/scalable/apps/$app.svg
types=$share/mime/packages/io.github.ftcompare.xml
bash=$share/bash-completion/completions/ftcompare
zsh=$share/zsh/site-functions/_ftcompare
fish=$share/fish/vendor_completions.d/ftcompare.fish

if [ "${1:-}" = --remove ]; then
    rm -f "$entry" "$icon" "$types" "$bash" "$zsh" "$fish"
else
    program=${1:?which program is to be started}
    mkdir -p "$(dirname "$entry")" "$(dirname "$icon")" "$(dirname "$types")"
    # In the quotes of an Exec line a quote, a dollar and a backtick have two backslashes before, a backslash is four.
    quoted=$(printf '%s' "$program" | sed -e 's/\\/\\\\\\\\/g' -e 's/["`$]/\\\\&/g' -e 's/%/%%/g' -e 's/[\\&|]/\\&/g')
    sed "s|^Exec=ftcompare |Exec=\"$quoted\" |" "$here/$app.desktop" >"$entry"
    cp "$here/../../resources/application-icon.svg" "$icon"
    cp "$here/io.github.ftcompare.xml" "$types"
    echo "Menu entry: $entry"
    if [ -x "$program" ]; then
        for shell in bash zsh fish; do
            eval "file=\$$shell"
            mkdir -p "$(dirname "$file")"
            _FTCOMPARE_COMPLETE=${shell}_source "$program" >"$file"
            echo "Completion for $shell: $file"
        done
    fi
fi

update() {
    ! command -v "$1" >/dev/null 2>&1 || "$@" || true
}
update update-mime-database "$share/mime"
update update-desktop-database "$share/applications"
