"""What can be clicked: one button or menu per file.

It must never trust what a button carries: the value names the record, and everything is read again.
"""
