"""The words every subject shares: values, money, quantities, ids, context, errors, events and the batch fold.

Nothing here knows a subject. Everything is frozen: a value that must change is replaced.
"""
