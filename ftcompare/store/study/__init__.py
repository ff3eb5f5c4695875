"""The study file and its repositories, one for each family of tables."""
