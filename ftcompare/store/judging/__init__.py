"""A rater's judgments on disk, in a study or a pack, with the hash chain that covers them."""
