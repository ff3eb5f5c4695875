"""Generate: writes the missing pairs, verifies adapters, measures systems."""
