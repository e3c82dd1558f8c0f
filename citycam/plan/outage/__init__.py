"""What a city loses when something falls: failover and reconnect storms, simulated event by event, seeded."""
