"""Citycam: the domain of a city's centralised camera system, and its command line."""

__version__ = "0.1.0"
