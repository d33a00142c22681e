"""Toy birds: drawn birds whose colours and shapes are known exactly."""
