"""Training: from features and outcomes to a scorecard that a person can review, and its measure."""
