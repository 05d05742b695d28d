"""The front server 前置: what stands in the DMZ, knows no database and lets little through."""
