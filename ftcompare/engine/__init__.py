"""Text generation with models, in a child process."""
