"""The fleet and its peers, measured side by side."""
