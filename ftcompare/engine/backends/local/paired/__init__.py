"""The fast path: base and adapters answer in one pass (`PairedWriter`), where the model is known to it."""

from ftcompare.engine.backends.local.paired.model import unsupported
from ftcompare.engine.backends.local.paired.writer import PairedWriter

__all__ = ["PairedWriter", "unsupported"]
