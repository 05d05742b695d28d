"""Connected systems, callbacks, events: the staff pages."""
