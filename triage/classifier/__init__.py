"""What a text asks for, how sure that is, and which promise its confidence keeps."""
