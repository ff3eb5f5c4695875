"""SQLite storage of studies and packs; the only SQL of the product."""
