"""The personal welfare budget: a double-entry ledger in cents, with an account for each person in each patto."""
