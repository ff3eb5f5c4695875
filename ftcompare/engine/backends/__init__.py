"""What can run inside the worker."""
