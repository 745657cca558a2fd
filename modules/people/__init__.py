"""Persons and households, organisations, and the roles of users in an instance."""
