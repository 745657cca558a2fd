"""The pages of docs/reference, one file for each family: every page is written from the code it tells about."""
