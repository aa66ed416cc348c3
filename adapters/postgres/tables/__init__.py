"""Tables as SQLAlchemy sees them, for the queries whose shape varies."""
