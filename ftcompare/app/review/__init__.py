"""Review of answers and judged pairs: terms, likelihoods, marks, corrections and raters' answers."""
