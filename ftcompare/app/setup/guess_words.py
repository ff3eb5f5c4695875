"""What is said of guesses which answer is of the fine-tuned system."""

NOT_GUESSED = "none counts, since no base and fine-tuned system are known"
"""What becomes of guesses in a study without a base and a system that is known to be fine-tuned."""
