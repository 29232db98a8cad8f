"""Feature networks: the compact encoder that ships inside, and others from files."""
