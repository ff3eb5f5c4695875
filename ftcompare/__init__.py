"""FTCompare: blind comparison of a language model and its fine-tunes, judged by people."""

__version__ = "0.1.0"
