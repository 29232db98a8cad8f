"""What a style is, and how far a picture is from it: statistics, losses, colours, regions."""
