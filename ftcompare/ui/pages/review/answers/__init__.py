"""Every answer of the study: the list with its filters, and the reading pane."""
