"""The documents of an instance: contract, letter, minutes, statement of accounts; stored with a hash, never changed."""
