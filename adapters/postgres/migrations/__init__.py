"""Schema history, oldest first; run by ``migrate.py`` as the owner."""
