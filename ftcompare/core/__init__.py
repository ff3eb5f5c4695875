"""The data of a study and the rules of blinding. Imports the standard library only."""
