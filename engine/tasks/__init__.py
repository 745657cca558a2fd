"""User tasks: inbox, claiming, completing, comments, attachments, calendar feed."""
