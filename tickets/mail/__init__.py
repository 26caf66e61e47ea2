"""Raw mails: their parts, their text, what is quoted, and whether a person wrote them."""
