"""Behaviour of camera models, as data: one YAML file a model, validated by `profile`."""
