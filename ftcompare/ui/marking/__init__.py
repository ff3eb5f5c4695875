"""Error marks in a text, for Review and Rate: the form, the list, and how they are drawn."""
