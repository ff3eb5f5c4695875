"""Shows that a file is complete and unaltered: hash chains, checks, backups."""
