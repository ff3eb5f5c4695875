"""Operations shared by window and command line, a function or small class each. No Qt and no torch here."""
