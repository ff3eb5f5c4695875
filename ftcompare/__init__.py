"""FTCompare: blind comparison of a language model and its fine-tuned models, judged by people."""

__version__ = "0.1.0"
