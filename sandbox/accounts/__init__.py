"""Synthetic client accounts: what the CRM, the CDN, identity and the CDP hold, and what must become of it.

`registry` has the accounts by name, `plan` their sizes and faults, `builder` puts one together: every
note is drafted once and then written twice, for the CRM and as the document that the CDP must get.
`seed` fills a database, `compare` says what differs from the expectation. Nothing here imports the
migration: bodies are pairs written by hand (`fragments`), files come with their type (`files/`), and
timestamps are instants before they are text (`moments`).
"""
