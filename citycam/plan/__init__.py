"""The plan: which gateway records which camera."""
