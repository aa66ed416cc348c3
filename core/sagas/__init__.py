"""What takes several transactions: ordered steps, each with its undo, that end whole or leave nothing behind.

Words: a *definition* is a table of steps; a *saga* is one run of it, pinned to the version it began with. A step is
*asked*: its command is given through the one door, under a key that stays the same however often it is asked. What
comes back, or does not come back in time, is *said* to the saga, which answers with the next thing to ask.
Invariants: a saga ends *completed* (every step done once) or *compensated* (each step that was done is undone); one
that can do neither is *stuck*, lists what is still done, and waits for a person; what is said twice changes nothing.
"""
