"""A shot divided among the machines of a farm: the parts of the work, and the farm managers' jobs."""
