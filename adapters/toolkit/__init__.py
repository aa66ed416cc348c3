"""What several adapters share: the wire form of values and events."""
