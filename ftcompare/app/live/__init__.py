"""The live page: a typed prompt, one blind pair of answers, one vote."""
