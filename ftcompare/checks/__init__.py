"""What texts give away or repeat: contamination and self-identification. Pure functions."""
