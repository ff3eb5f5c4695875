# Completion of ftcompare-rater for bash: its options, and rater packs.
_ftcompare_rater() {
    local word=${COMP_WORDS[COMP_CWORD]}
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "--help --version --self-test --say-ready" -- "$word")
    else
        compopt -o filenames -o plusdirs
        mapfile -t COMPREPLY < <(compgen -f -X '!*.ftpack' -- "$word")
    fi
}
complete -F _ftcompare_rater ftcompare-rater
