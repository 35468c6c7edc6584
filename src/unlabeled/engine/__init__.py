"""The one loop: rows, batches, gradient steps, processes, checkpoints."""
