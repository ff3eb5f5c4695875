"""SQLite storage of studies and packs, the only SQL of the product; what fails stores nothing."""
