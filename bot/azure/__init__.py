"""The only room that imports `azure.*`: reading Azure, and writing what was approved, once.

It never sends a token to another host, never repeats a call that changes something, and passes on no
free text of Azure.
"""
