"""SQLite storage of studies and packs; the only SQL of the product.

What the user can mend raises `UserError`, a full disk and the like `EnvironmentFault`; then nothing is
stored.
"""
