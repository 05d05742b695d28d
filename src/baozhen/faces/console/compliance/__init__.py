"""合规台账: the data catalogue and the register of organisational duties."""
