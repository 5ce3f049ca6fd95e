"""The systems around the migration, simulated to contract: CRM, identity, CDN, PagerDuty and Slack sinks.

They serve what `Account`s hold, misbehave on demand (`faults`), and keep a journal of what they were asked.
"""
