"""What can be changed: one kind of change per file, listed in KINDS, each with its way back.

It must never perform an operation: a kind returns the plan as data.
"""
