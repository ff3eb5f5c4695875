"""Glossary, matching, word diff and keyness: pure functions."""
