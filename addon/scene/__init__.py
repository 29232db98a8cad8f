"""What a scene keeps of Pochade."""
