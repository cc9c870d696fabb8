/* The word of greeting. */
const char *np_greet(void);
