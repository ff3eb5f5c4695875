"""The tab What got worse: the prompts that one of two systems won by a wide margin."""
