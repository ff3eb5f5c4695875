"""A typed prompt, one blind pair of answers, one vote."""
