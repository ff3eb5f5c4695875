"""What shows that a file is whole and unaltered: chains, checks, backups."""
