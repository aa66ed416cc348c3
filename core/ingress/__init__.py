"""What other systems tell us by calling: incoming webhooks, whoever they come from.

Words: a *source* is somebody who calls, and the secret he signs with; a *notice* is one call of his; its *subject* is
the thing it is about, and it says since when that is so. A *scheme* is how one kind of source signs and names what he
sends.
Invariants: what is not proven to come from the source is kept nowhere, and does not count as seen; what was
acknowledged is in the database; the same notice is kept once, whichever way it is recognized; of what is said about a
subject the newest wins, in whatever order it comes; a notice ends once: accepted, ignored or failed.
"""
