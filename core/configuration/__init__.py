"""What a tenant can switch on and off.

Words: a *flag* is on or off for a tenant; one that was never set has its default.
"""
