"""Use cases of sagas."""
