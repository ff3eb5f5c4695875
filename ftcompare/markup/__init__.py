"""Markdown with mathematics, read into blocks that the window and reports draw."""
