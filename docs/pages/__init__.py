"""The generators of docs/reference: each page is written from the code that it describes."""
