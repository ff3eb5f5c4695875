"""Results: who is preferred, by how much, and whether that can be trusted."""
