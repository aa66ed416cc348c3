"""Redis: carries messages between processes, in streams."""
