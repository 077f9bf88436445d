"""The mind: what is true, what may be done, and in which words it is said.

It must never import a door or the archive, read the clock or the environment, or commit anything.
"""
