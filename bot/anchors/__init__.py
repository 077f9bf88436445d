"""Anchors and second keys that are neither Slack nor Azure: files, a witness. They never decide what is due."""
