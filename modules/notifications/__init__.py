"""Notifications: notices in the bell of the application and e-mails with a sentence and a link."""
