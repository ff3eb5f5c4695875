"""``python -m ftcompare.cli``: the same as ``ftcompare``."""

from ftcompare.cli.main import main

main()
