"""One verb per file: read, decide, write, in that order, through the ports.

It must never speak to Slack or Azure by itself, catch what it cannot answer, or commit.
"""
