"""Connected systems: keys that sign requests, flows and field mappings set up without code."""
