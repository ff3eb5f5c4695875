"""What every test of the command line gets."""

from tests.results_once import results_once as results_once
