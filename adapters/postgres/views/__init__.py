"""Reads that join across slices, straight from rows to what a person sees."""
