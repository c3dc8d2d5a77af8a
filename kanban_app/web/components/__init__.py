"""The parts of the pages: markup in Python; what only the browser can do is in the .jsx files beside."""
