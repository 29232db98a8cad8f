"""A shot painted frame by frame, after Ruder et al. 2016."""
