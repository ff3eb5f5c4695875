"""What the rating page and the live page share: a pair, the question about it, the answers, the time spent."""
