"""Write the pages of docs/ that are made from the code; `make docs`, or `python -m docs.generate`, runs it."""
