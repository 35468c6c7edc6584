"""Ratings as softmax units, absent where nobody rated; recommendation."""
