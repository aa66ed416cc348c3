"""What Fluxor knows and decides. Standard library only; one folder a subject."""
