"""Begin, open, unblind and audit a study."""
