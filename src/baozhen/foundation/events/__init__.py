"""What happened, told to outside systems: events, webhooks, deliveries."""
