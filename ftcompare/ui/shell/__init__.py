"""The window's frame: dialogs that belong to no page."""
