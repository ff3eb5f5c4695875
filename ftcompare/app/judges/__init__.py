"""Judges that are models: their prompts, the runs that question them, and their votes."""
