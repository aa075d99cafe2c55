"""The feature catalogue: one declared row per number that describes a user at a month's end."""
