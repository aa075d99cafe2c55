"""Plans: what a user could do for some months, and the limit that the rules would then give."""
