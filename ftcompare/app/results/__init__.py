"""What the judgments say."""
