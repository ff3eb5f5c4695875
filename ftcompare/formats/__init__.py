"""Files of other tools, in and out. One module a format."""
