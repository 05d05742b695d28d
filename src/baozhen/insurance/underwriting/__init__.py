"""核保: automatic rules as data, the queue of referred applications, counter-offers."""
