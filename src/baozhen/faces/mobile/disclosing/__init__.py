"""Reading, declaring, signing, and the proposal's code: from an accepted application to paying."""
