"""What painting needs on the disk: PyTorch, encoders, RAFT, and the room that they take."""
