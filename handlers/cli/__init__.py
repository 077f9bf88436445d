"""The shell's door: `countersign …`, with exit codes 0 holds, 1 does not hold, 2 cannot say.

It must never import a heavy library before the command that needs it is chosen.
"""
