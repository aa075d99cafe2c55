"""Scores on trial: training, promotion, backtests, simulation."""
