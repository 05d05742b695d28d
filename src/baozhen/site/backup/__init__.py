"""Backups: what is taken, what is written about it, and how it comes back.

A place for backups holds one folder a backup, and beside them the pool of archived objects, which
are written once and so copied once:

    place/
      archive/abc/<sha256>          the objects, encrypted as the archive keeps them
      20261121T093000Z/
        database.dump               pg_dump, custom format
        objects.txt                 every object: address, SHA-256 as stored, size
        trust/…                     whom the platform trusts
        keys/…                      only when asked for
        manifest.json               what belongs together, with the fingerprints of the keys
        manifest.sha256             the manifest's own digest, to be kept elsewhere, too
"""
