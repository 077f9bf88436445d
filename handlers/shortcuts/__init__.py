"""Shortcuts, which Slack offers in every conversation or on every message: one per file, each in manifest.yml.

They open a modal, or write down what a person points at; a shortcut must never decide.
"""
