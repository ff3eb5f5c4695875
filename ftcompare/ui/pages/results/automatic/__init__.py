"""The tab “Automatic”: measures computed from the answers without judgments."""
