"""Writing text with models, in a child process."""
