"""Judges that are models: their prompts, the run that asks them, and their votes."""
