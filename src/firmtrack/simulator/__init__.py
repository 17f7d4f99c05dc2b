"""A small world of suppliers, hubs and devices that writes the DUIS traffic they would send."""
