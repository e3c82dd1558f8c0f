"""Locust shapes: how many users, when."""
