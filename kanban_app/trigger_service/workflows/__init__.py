"""Programs that the service can start as workflows. They know nothing of the service but the address to report to."""
