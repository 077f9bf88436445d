"""A pretended Slack: Web API, events, interactivity and a page in the browser, with Slack's own limits.

It must never be kinder than Slack: what Slack refuses is refused here, in Slack's words.
"""
