"""The window, in Qt: it shows values of `app` and sends commands to it."""
