"""理赔: the staff's list of claims with their clocks, and what may be done with one."""
