#include "greet.h"

const char *np_greet(void)
{
	return "hello";
}
