"""The HTTP API: routes decode, dispatch and encode; everything they share is beside them.

A *route* is one row of a table: method, path, scope, the structs of its query, body and answer, and the function that
handles it. The same table is what the router serves and what ``/openapi.json`` is written from, so the document cannot
promise what the code does not do.
"""
