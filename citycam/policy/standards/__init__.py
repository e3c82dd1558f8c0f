"""The technical standard: one file of rules a topic, read by `citycam.policy.standard`."""
