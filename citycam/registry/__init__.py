"""The registry: inventory, decisions and plan in PostgreSQL with PostGIS, by version."""
