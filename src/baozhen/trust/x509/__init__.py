"""Certificates of both families: issue, parse, path validation, CRL and OCSP from bytes."""
