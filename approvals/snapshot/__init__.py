"""What a decision rests on as one value: built, compared, and found to be out of date."""
