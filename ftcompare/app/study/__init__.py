"""Operations on a study as a whole: opening, describing, auditing, restoring and unblinding it."""
