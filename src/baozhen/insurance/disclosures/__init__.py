"""说明告知: what a policyholder has to read and declare before signing."""
