"""The two-stage GAN: its models, losses, update, runs and weights (notebooks 03 and 04)."""
