"""Values and rules: deployments, changes, policy, evidence, entries and their proofs. Pure and synchronous.

It must never do I/O, log or await, or import more than the standard library, `rfc8785` and, for notes,
`cryptography`.
"""
