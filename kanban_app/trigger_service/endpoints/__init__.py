"""What the embedded service answers over HTTP (reference section 5), in V1's shapes: see ADR 6."""
