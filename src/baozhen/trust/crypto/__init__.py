"""The algorithms of both families behind one Signer: SM2, SM3, SM4, RSA and ECDSA P-256."""
