"""Dialogs that several pages use."""
