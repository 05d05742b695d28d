"""SignedData (RFC 5652 and GM/T 0010 object identifiers) and RFC 3161 timestamps."""
