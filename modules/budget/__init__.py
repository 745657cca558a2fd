"""The budget of personal welfare: a double-entry ledger in cents for each person in each patto."""
