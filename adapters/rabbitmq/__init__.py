"""What carries messages between processes, on RabbitMQ."""
