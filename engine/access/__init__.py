"""Who may do what: actors, permissions, visibility, accounts, memberships, scopes, sign-in."""
