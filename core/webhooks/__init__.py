"""Telling a merchant's own systems what happened, by calling them: outgoing webhooks (Standard Webhooks 1.0).

Words: an *endpoint* is an address that wants certain events; a *delivery* is one event on its way to one endpoint; an
*attempt* is one call. Each delivery has a schedule of ten attempts over three days.
Invariants: an event has one delivery to an endpoint at most, whoever spreads it and however often, unless somebody asks
for it again; a delivery ends once, delivered or failed, and can be asked for again; every attempt is kept; a disabled
endpoint is called by nobody; the secret of an endpoint is in no event.
"""
