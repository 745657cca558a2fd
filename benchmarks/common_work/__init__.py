"""The common piece of work: start → user task A → exclusive gateway → no-op service → user task B → end.

The same piece that the harnesses of other engines do. Here it is done by our engine with everything on: authorisation,
forms validated, log, outbox, and a disk that has answered before a call returns.
"""
