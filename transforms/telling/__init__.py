"""A decision in plain words: why, what would have to change, and by when."""
