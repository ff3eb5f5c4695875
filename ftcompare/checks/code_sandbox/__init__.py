"""Runs code written by a model in isolation: no network, no files of this machine, limited resources."""
