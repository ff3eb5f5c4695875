"""The self-test of an installation: which parts of it work, and which are not there by choice."""
