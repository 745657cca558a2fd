"""Telling people: the bell inside the application and e-mails that carry a plain sentence and a link, nothing more."""
