"""Setup: creates a study, and changes the settings of an open one."""
