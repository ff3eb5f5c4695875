"""Qt: shows app, sends commands."""
