"""The story: people of a pretended company use Countersign, and everything they see is printed and checked.

It must never reach into the program: it presses the buttons that people press, over HTTP.
"""
