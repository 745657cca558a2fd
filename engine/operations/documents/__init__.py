"""The papers of a case: contract, letter of outcome, minutes, statement of accounts; kept with a hash, never overwritten."""
