"""What comes in, live: a batch is looked at again and again, and a page of this machine shows what was seen."""
