"""Numbers and names -> the words of a sentence, the same in every report."""
