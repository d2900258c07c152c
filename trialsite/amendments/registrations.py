"""What other rooms read by name from the versions of protocols."""
