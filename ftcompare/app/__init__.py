"""What a person can do, one function or small class each. No Qt, no torch."""
