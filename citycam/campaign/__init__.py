"""Campaigns: drive the stack, the fleet and the load through ports, phase by phase, and keep the evidence."""
