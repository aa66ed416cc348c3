"""The whole of Fluxor in one thread: production code over the memory twin, on seeded time, with planned faults."""
