"""The fast path: base and adapters generate in one forward pass, where the architecture is supported."""
