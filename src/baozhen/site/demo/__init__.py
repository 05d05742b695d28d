"""The product's own demonstration data: synthetic persons, all five forms."""
