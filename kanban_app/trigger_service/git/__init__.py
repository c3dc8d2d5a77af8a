"""Everything that the service does with git: worktrees, merging, cleaning up after runs.

The programs of runs use it in processes of their own: all of it but `cleanup` needs the standard library alone.
"""
