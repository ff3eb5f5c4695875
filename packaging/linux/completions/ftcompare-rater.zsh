#compdef ftcompare-rater
# Completion of ftcompare-rater for zsh: its options, and rater packs.
_arguments \
    '(- *)'{-h,--help}'[print the options and exit]' \
    '(- *)--version[print the version and exit]' \
    '--self-test[judge a small built-in pack without showing a window]' \
    '--say-ready[print "ready" when the window accepts input]' \
    '1:rater pack:_files -g "*.ftpack"'
