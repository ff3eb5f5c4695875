"""The page that has the pairs written."""
