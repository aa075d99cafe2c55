"""Who to look at: declared warnings, and who will fall behind next."""
