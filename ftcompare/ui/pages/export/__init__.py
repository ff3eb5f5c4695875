"""The export page: format, filters, preview."""
