"""PostgreSQL behind every port that stores something, and the embedded server."""
