"""The screen: Reflex states, components and pages. Nothing durable lives here."""
