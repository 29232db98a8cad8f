"""Files on the disk and from the network: whole or absent, read with care."""
