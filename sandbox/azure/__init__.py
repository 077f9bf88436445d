"""A pretended Azure: stateful ARM, metrics, logs, fine-tuning jobs, and faults on demand.

It must never be kinder than Azure: conflicts, throttling and slow operations happen here too.
"""
