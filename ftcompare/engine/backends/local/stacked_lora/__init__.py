"""The fast path: base and adapters answer in one pass (`PairedWriter`), where the model is known to it."""

from ftcompare.engine.backends.local.stacked_lora.decoder import PairedWriter
from ftcompare.engine.backends.local.stacked_lora.prepared_model import unsupported

__all__ = ["PairedWriter", "unsupported"]
