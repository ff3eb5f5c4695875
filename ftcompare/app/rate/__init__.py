"""A rater's session in a study or a pack: the next pair, judgments, undo."""
