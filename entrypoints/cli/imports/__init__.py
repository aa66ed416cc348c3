"""Files a merchant has, taken in as they are: streamed, resumable, idempotent; bad rows kept beside the good ones.

Words: a *row* is one line of data; a *chunk* is what enters the database together; a row ends *accepted* (it changed
something), a *duplicate* (what it says was known already) or *rejected* (written to the rejects file with a reason).
Invariants: importing a file twice is importing it once; memory does not grow with the file.
"""
