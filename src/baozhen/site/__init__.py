"""The site: settings, addresses, start-up, command line. It knows all and decides nothing."""
