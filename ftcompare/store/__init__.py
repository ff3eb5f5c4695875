"""The study file on disk. The only place with SQL."""
