"""Shipped weights, each in a folder with its model card."""
