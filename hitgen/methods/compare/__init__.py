"""`compare`: a source and two versions of it, and which of the two differs more."""
