"""SQLite connections to studies and packs, with locks, limits, and errors identified by codes."""
