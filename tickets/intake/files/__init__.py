"""Reading files of mails and rows, one at a time, whatever their size."""
