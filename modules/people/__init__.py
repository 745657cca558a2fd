"""Who is who: persons and households, organisations and ambiti, the people who work here and what they hold."""
