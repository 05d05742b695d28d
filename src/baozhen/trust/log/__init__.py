"""The transparency log: Merkle tree, proofs and signed checkpoints (RFC 6962 shapes)."""
