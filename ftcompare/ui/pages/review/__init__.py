"""The terms page: a table of terms, and words in judged pairs."""
