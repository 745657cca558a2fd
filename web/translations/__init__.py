"""The texts of the pages in other languages."""
