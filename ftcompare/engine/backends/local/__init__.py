"""Models on this machine: torch, transformers, PEFT, accelerate."""
