"""Who may do what.

Words: an *API key* belongs to one tenant and carries *scopes* such as ``orders:write``; its secret is shown once and
only a digest is kept.
Invariants: a key names its tenant and is worth nothing in another; a revoked key opens nothing.
"""
