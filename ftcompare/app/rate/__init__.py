"""One rater at work in a study or a pack: the next pair, judgments, undo."""
