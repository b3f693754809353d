"""What is measured: datapoints as Amazon CloudWatch keeps them, of tables, functions and whatever else records some."""
