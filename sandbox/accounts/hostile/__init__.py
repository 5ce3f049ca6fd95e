"""The account `qa-hostile`: everything that outside HTML and outside files can try, beside plain notes."""
