"""Model and adapter folders, read as data before any library opens them."""
