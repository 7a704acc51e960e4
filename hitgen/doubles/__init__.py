"""Services as strict as the real ones, on this machine; they share no code with what speaks to them."""
