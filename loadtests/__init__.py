"""Load on a city's platform: people who watch live or play back, and probes that look at what they would see."""
