"""The sources of the matrix of systems and measures, by group, and the runs that compute measures."""
