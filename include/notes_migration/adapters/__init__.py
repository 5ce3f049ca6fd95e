"""The ports over the real world. Foreign errors are translated here and nowhere else."""
