"""Messages about several matters: seen by words, by a learned detector, and taken apart."""
