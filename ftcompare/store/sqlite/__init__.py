"""The connection to a file of the product's own: locked, bounded, its failures told by code."""
