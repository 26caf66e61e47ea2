"""The five steps, one file each. A sixth is a file here and a line in settings.TRIAGE_STEPS."""
