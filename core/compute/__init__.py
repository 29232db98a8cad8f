"""What a job computes on: the device, its precision, tensors and tiles."""
