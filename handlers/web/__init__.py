"""The HTTP door: Slack's signed requests, alerts, health and metrics.

It must never parse a body before its size and signature are checked, or tell a stranger more than up or down.
"""
