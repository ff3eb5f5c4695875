"""Generate responses: engine runs, verification of adapters, benchmark, scoring, and their state."""
