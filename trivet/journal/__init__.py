"""What happened: every fact once, in the transaction that made it true.

Timeline, audit, outbox and feed are views of it.
"""
