"""The safety screen: how often systems refuse unsafe requests, and how often harmless ones."""
