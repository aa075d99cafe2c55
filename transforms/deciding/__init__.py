"""From features, scores and terms to one limit and its reasons."""
