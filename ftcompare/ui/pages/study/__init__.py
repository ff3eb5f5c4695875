"""The welcome page, unblinding, and the audit log, which only a command opens."""
