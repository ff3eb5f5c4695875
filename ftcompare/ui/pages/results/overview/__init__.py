"""The tab Overview: who is preferred, by how much, and whether it can be trusted."""
