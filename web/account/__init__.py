"""Signing in and out, one's own profile, notices and language."""
