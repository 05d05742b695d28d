"""Pages of certificates, U-keys, trust lists and identity."""
