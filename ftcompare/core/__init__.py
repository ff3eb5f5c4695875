"""What a study is made of. Standard library only."""
