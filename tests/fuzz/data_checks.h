/* What must hold of data that open. */
#ifndef DATA_CHECKS_H
#define DATA_CHECKS_H

/* Opens the scratch folder as data of a kind with these options ("classes=3"), holds what it says
 * against what it loads, and closes it. Returns whether all of it was accepted. */
int check_data(const char *kind, const char *options);

#endif
