"""Speaking first in Slack: the messenger and the directory of people, over `slack_sdk`.

It must never decide who may do what, and never be called inside a transaction.
"""
