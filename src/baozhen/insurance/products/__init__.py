"""产品: covers, rates, limits and words, as versioned data with the arithmetic over it."""
