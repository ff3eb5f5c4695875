"""Writing responses: runs of the engine, verification of adapters, benchmark, scoring, and their state."""
