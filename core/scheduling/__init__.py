"""What is done again and again, for the whole installation.

Words: a *chore* is something to be done in a *rhythm*; each beat of it is *due* at a moment all processes agree on.
Firing a chore puts its job into the queue, where one worker does it under a lease.
Invariants: a chore is fired once for each moment it is due at, however many processes would; of moments that passed
while nobody ran, only the last is made up for; a chore waits in the queue once at most.
"""
