"""The version of FTCompare. `ftcompare.__version__` is the same text."""

VERSION = "0.1.0"
