"""Export: format, filters, preview; and Import."""
