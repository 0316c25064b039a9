"""Questions by mail (PRODUCT §3.4): what each asks of the books, and the words in which it is answered."""
