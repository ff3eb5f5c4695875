"""Charts and figures as widgets."""
