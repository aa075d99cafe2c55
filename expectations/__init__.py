"""What each table promises, and what a broken promise does."""
