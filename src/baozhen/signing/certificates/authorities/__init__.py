"""Certificate authorities: the port, the development twin, and the adapters of real protocols."""
