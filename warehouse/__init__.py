"""The one door to storage: sources, lake, publishing, audit, settings, command line."""
