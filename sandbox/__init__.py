"""The world outside, pretended: a Slack workspace and an Azure, for the demo, the tests and the benchmarks.

It must never import a room of the house, listen beyond loopback, or accept a real token.
"""
