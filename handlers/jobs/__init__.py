"""What is done later: one job per file, taken from the job table after the commit that wrote it.

It must never assume that it runs once: a job reads the state, and does what is still missing.
"""
