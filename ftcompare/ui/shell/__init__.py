"""The window around the pages: menus, navigation, commands, messages, crash dialog."""
