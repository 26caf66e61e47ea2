"""The bundled writer: its corpus, vocabulary, training and export."""
