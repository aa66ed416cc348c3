"""Promises the core needs kept by the outside world: one file a need, no technology named.

Each port has an adapter for production and a twin in memory; one conformance suite holds both to the same words.
"""
