"""The projects of this app: which there are, how each stands, and what is done with them."""
