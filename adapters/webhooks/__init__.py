"""Calling endpoints over HTTP, and what protects both sides of it."""
