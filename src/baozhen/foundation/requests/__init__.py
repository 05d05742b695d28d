"""What a caller's requests leave behind: answers to repeat, nonces that are spent, counts."""
