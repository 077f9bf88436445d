"""What Slack tells by itself: one event per file, each subscribed to in manifest.yml.

It must never do anything twice when Slack sends an event again.
"""
