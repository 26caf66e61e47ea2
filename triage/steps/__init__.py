"""The steps, one file each. One more is a file here and a line in settings.TRIAGE_STEPS."""
