"""A rater's judgments on disk, in a study or a pack, and the hash chain over them."""
