"""Those who bring the money: one port, three protocols, and development's twin of all three."""
