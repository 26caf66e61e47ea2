"""Models as they serve: the encoder, the writer through llama.cpp, the language of a text."""
