"""Global shortcuts, which Slack offers in every conversation and in its search: one per file, each in manifest.yml.

They only ever open a modal; a shortcut must never decide.
"""
