"""What carries messages between processes, on Kafka."""
