"""What can be submitted: one modal per file, parsed in the first function that sees it.

It must never pass a raw payload on, and never do slow work before the answer.
"""
