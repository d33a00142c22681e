"""Training runs: the loop, the run folder, checkpoints, logs and stopping."""
