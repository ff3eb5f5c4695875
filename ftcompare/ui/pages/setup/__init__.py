"""Setup: a new study, and what can be changed in an open one."""
