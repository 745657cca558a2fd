"""The `patti` command: reads what was typed, calls a service, prints. No rule of the domain lives here."""
