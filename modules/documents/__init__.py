"""The papers of a case: contract, letter, minutes, statement of accounts; kept with a hash, never overwritten."""
