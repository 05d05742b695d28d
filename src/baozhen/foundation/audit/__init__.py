"""The record of every act: append-only, hash-chained per object, sequenced into a Merkle log."""
