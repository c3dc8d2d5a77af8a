"""The asyncio side of the trigger protocol: one supervised connection to a service, and its HTTP calls."""
