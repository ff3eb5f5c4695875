"""Judged pairs to read: terms in them and over the study, likelihoods, what raters answered."""
