"""File formats of other tools, for reading and writing. One module for each format.

A reader raises `UserError` with the line or the record and what is wrong with it, a writer also
`EnvironmentFault` for a full disk and the like; it leaves no file behind then.
"""
