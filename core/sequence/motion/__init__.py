"""How things move in a shot: known to the renderer, computed from its cameras, or estimated from pictures."""
