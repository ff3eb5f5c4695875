"""The formats of glossary files, one module each; `formats/glossary.py` lists them."""
