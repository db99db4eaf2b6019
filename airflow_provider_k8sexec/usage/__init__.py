"""What tasks have used: the record, its report and its history."""
