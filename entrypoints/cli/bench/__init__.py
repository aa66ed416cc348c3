"""The load bench: whole orders through HTTP, as merchants send them, and what became of each.

Words: a *request* carries one order or a *batch*; its *intended* time is when the schedule wanted it sent,
and every latency counts from there, so a server that stalls cannot hide the requests that had to wait. The
*window* is the measured part of the run, after warm-up. An order is *accepted* when its 202 arrived,
*decided* when the product has an answer for it (completed, rejected or parked), *lost* when it was accepted
and never decided within the limit.

Invariants: stock is set up and orders are sent through HTTP only; what the product did with them is counted
by the *audit*, which composition hands in and which looks at the database, never by the load generator's own
books.
"""
