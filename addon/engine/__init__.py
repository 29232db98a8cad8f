"""PyTorch, encoders and RAFT on the disk: finding and installing them, and the room that they take."""
