"""Judges that are programs: their votes, their scores, and their agreement with people."""
