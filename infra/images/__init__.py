"""The images of every part: what each is made of, the tag that follows from it, and how it is built."""
