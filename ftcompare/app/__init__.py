"""The operations that window and command line share, one function or small class each. No Qt, no torch."""
