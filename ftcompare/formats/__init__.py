"""File formats of other tools, for reading and writing. One module for each format."""
