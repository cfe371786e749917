"""What the rack is looked at for, a file for each part. Each function takes the rack and the report."""
