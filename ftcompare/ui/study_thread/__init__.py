"""The one thread that owns the open study or pack."""
