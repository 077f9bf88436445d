"""Anchors that are neither Slack nor Azure: a file on another mount, a witness. They never decide what is due."""
