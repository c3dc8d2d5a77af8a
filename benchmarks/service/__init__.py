"""The embedded service, asked over its own protocol while it runs workflow scripts."""
