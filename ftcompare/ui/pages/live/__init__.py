"""The live page: a prompt typed there and then, judged blind."""
