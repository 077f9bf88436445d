"""The doors: anything outside that asks for something, and the wiring that connects the house once.

It must never hold a rule of the domain: a door parses, asks one use case, and answers.
"""
