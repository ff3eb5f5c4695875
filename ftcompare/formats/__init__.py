"""File formats of other tools, a module each; readers raise `UserError`, failed writers leave no file."""
