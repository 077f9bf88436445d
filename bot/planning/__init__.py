"""What several kinds of change share: fields of their forms, reading projections, limits of SKUs and quota.

It never knows a kind, never awaits, and never decides who may do what.
"""
