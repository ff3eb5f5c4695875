"""What is in a model's or an adapter's folder, read as data before any library opens it."""
