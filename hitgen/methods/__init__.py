"""What a trial asks: one folder a method, one row in `hitgen.config.kinds.METHODS`."""
