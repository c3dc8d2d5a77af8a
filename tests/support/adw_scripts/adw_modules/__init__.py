"""What the test scripts share, imported from the folder beside them as the original scripts import theirs."""
