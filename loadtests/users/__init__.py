"""Locust users: one class a kind of person."""
