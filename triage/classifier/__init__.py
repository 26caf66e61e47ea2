"""What a text asks for, how sure that is, and which guarantee of precision its confidence keeps."""
