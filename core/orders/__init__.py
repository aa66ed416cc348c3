"""Orders, as facts at their own grain; there is no master status to get out of step.

Words: a *line* is so much of one item, allocated over locations; the *phase* is derived from the facts whenever
somebody asks.
Invariants: a line's shipped <= allocated <= ordered - cancelled; an order is accepted, rejected or held exactly once.
"""
