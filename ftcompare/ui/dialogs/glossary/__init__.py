"""The editor of a study's glossary, reached from Setup and from the Review page."""
