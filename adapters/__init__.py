"""Ports kept: one folder a technology, none knowing another."""
