"""`python -m kanban_app doctor`: each check says in plain words what it found and what to do."""
