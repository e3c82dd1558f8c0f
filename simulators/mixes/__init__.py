"""Mixes of camera models: which share of a city's cameras is what."""
