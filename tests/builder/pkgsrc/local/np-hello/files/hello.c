#include <ctype.h>
#include <stdio.h>

#include "greet.h"

int main(void)
{
	for (const char *word = np_greet(); *word; word++)
#ifdef LOUD
		putchar(toupper((unsigned char)*word));
#else
		putchar(*word);
#endif
	printf(" from %s\n", PREFIX);
	return 0;
}
