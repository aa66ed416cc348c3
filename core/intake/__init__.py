"""What comes in through the door: requests for orders, written down before anybody is promised anything.

Words: a *submission* is one request as it was durably taken in, with its intake id and the order id it will have; a
*lane* is its priority. A submission is never changed; what becomes of it is decided later, once.
Invariants: the same Idempotency-Key or the same (channel, external id) of a tenant is one submission; every
submission ends as an accepted order, a rejected one with reasons, one held for review, or a visible dead letter.
"""
