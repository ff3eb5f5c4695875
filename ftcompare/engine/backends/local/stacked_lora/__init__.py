"""The fast path: base and adapters generate in one forward pass, where the architecture is supported."""

from ftcompare.engine.backends.local.stacked_lora.decoder import StackedLoraDecoder
from ftcompare.engine.backends.local.stacked_lora.prepared_model import unsupported

__all__ = ["StackedLoraDecoder", "unsupported"]
