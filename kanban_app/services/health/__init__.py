"""How the connection, the service and this board are: measured, graded, and told."""
