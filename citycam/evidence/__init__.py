"""Evidence: what a run leaves behind, and the audit that accounts for every frame. It measures and never judges."""
