"""A server killed again and again while people work: what a restart must find."""
