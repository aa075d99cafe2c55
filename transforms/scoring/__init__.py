"""Points and the probability of default, and the outcome that they foretell."""
