"""收费: the one payment of a proposal."""
