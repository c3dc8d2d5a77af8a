"""What agents leave in a project's files, told to subscribers line by line: each once, and all before the run's end.

Pure: `agent_lines.py`, `log_lines.py`, `state_file.py` (what a line or a file means). Blocking: `finding.py` (which
files a run has), `reading.py` (whole lines of a growing file), `run_files.py` (the next piece of news of a run).
`follower.py` runs them in threads, woken by the operating system.

Limits: 500 files and 200 folders for each `agents/<adw_id>`, in the order of their names; lines of up to 1 MiB; of
a file that is ahead by more than the limit of a run's spool only the end. What is left out is told as left out.
"""
