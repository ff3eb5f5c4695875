"""Live: a prompt typed, judged blind."""
