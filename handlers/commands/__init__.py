"""What can be typed: one slash command per file, with its usage and help.

It must never change anything by itself: a mutating verb only opens a modal.
"""
