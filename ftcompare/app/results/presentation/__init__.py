"""Results as blocks: what window, report and command line render, each sentence written once."""
