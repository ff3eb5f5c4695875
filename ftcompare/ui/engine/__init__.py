"""The engine's child process under the window's event loop."""
