"""A shot divided among the machines of a farm: the parts of the work, and the jobs that farm managers are
given.
"""
