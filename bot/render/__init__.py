"""From values to Block Kit: cards, modals, messages and errors, within Slack's limits.

It must never decide, look anything up or await; text from people is always escaped or plain.
"""
