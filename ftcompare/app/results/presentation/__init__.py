"""Results as blocks (texts, figures, tables, charts), rendered by window, report and command line."""
