"""Statistics: pure functions from judgments to estimates, intervals and tests."""
