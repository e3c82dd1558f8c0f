"""Scenarios that come along, one a file."""
