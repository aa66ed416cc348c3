"""Reads that join across slices."""
