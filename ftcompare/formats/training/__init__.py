"""Training data: which judged pairs and answers become rows, and the files that trainers read."""
