"""Measures without people: what is computed from answers, by kind of evidence. `registry` lists the kinds."""
