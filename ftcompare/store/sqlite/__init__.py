"""Connections to studies and packs: locked, bounded, errors reported by code."""
