"""What people ask of the lake: explanations, plans, ways back, queries, its state."""
