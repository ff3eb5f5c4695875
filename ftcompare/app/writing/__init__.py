"""How responses come to be: systems, runs, servers, measuring, scoring."""
