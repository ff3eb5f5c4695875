"""``python -m ftcompare.cli``: the same as ``ftcompare``."""

from ftcompare.cli.start import main

main()
