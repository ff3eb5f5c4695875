"""What the rating page and the live page share: a pair, its question, the answers, the time spent."""
