#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
    struct utsname name;
    uname(&name);
    printf("hello from %s\n", name.machine);
    return 0;
}
