"""The archive: state, entries, jobs and evidence in one database, behind `bot.ports`.

It must never decide, speak to Slack or Azure, or change or delete an entry.
"""
