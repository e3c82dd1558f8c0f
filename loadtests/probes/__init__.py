"""Probes: measure once what a campaign must prove. They write evidence and judge nothing."""
