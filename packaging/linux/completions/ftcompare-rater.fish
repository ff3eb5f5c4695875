# Completion of ftcompare-rater for fish: its options, and rater packs.
complete -c ftcompare-rater -s h -l help -d 'Print the options and exit'
complete -c ftcompare-rater -l version -d 'Print the version and exit'
complete -c ftcompare-rater -l self-test -d 'Judge a small built-in pack without showing a window'
complete -c ftcompare-rater -l say-ready -d 'Print "ready" when the window accepts input'
complete -c ftcompare-rater -k -x -a '(__fish_complete_suffix .ftpack)'
