"""The inventory: which cameras there are. Files in, validated values out."""
