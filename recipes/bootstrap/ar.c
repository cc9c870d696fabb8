/* A small archiver: equal members give equal archives (time, owner and group 0, mode 644).
 *
 *     ar rc[sDuv] ARCHIVE FILE...   add or replace members, write the symbol index
 *     ar q...     ARCHIVE FILE...   add members without looking for older ones
 *     ar x        ARCHIVE           write every member into the current directory
 *     ar t        ARCHIVE           print the names of the members
 *
 * GNU format with long names; the index lists global and weak symbols of 64-bit ELF objects.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct member { char *name; unsigned char *data; long size; };
struct text { char *data; long size, room; };

static struct member *members;
static long count;

static void stop(const char *what)
{
    fprintf(stderr, "ar: %s\n", what);
    exit(1);
}

static void *grown(void *old, long size)
{
    void *fresh = realloc(old, size ? size : 1);
    if (!fresh)
        stop("out of memory");
    return fresh;
}

static void put(struct text *text, const void *data, long size)
{
    if (text->size + size > text->room) {
        text->room = 2 * (text->size + size) + 64;
        text->data = grown(text->data, text->room);
    }
    memcpy(text->data + text->size, data, size);
    text->size += size;
}

static void put_number(struct text *text, unsigned long value)
{
    unsigned char bytes[4];
    bytes[0] = value >> 24;
    bytes[1] = value >> 16;
    bytes[2] = value >> 8;
    bytes[3] = value;
    put(text, bytes, 4);
}

static unsigned char *contents(const char *path, long *size)
{
    unsigned char *data = 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    if (fseek(file, 0, SEEK_END) || (*size = ftell(file)) < 0)
        stop(path);
    rewind(file);
    data = grown(0, *size + 1);
    if (fread(data, 1, *size, file) != *size)
        stop(path);
    fclose(file);
    return data;
}

static void add(char *name, unsigned char *data, long size)
{
    members = grown(members, (count + 1) * sizeof *members);
    members[count].name = name;
    members[count].data = data;
    members[count].size = size;
    count++;
}

static char *copied(const char *text, long length)
{
    char *fresh = grown(0, length + 1);
    memcpy(fresh, text, length);
    fresh[length] = 0;
    return fresh;
}

/* Takes in the members of an archive; one that does not exist has none. */
static void load(const char *path)
{
    long total, at = 8, size, length;
    char *long_names = 0, *name;
    unsigned char *data = contents(path, &total);
    if (!data)
        return;
    if (total < 8 || memcmp(data, "!<arch>\n", 8))
        stop("not an archive");
    while (at + 60 <= total) {
        char *header = (char *)data + at;
        size = atol(copied(header + 48, 10));
        at += 60;
        if (!strncmp(header, "//", 2)) {
            long_names = (char *)data + at;
        } else if (header[0] != '/' || header[1] != ' ') {
            if (header[0] == '/') {
                name = long_names + atol(header + 1);
                for (length = 0; name[length] != '\n'; length++)
                    ;
                if (length && name[length - 1] == '/')
                    length--;
            } else {
                name = header;
                for (length = 0; length < 16 && name[length] != '/' && name[length] != ' '; length++)
                    ;
            }
            add(copied(name, length), data + at, size);
        }
        at += size + (size & 1);
    }
}

/* Appends the names of the symbols that a member defines; gives how many. */
static long symbols(struct member *member, struct text *names)
{
    Elf64_Ehdr *elf = (Elf64_Ehdr *)member->data;
    Elf64_Shdr *sections;
    long found = 0, section, at;
    if (member->size < sizeof *elf || memcmp(member->data, "\177ELF\2\1", 6))
        return 0;
    sections = (Elf64_Shdr *)(member->data + elf->e_shoff);
    for (section = 0; section < elf->e_shnum; section++) {
        Elf64_Sym *table = (Elf64_Sym *)(member->data + sections[section].sh_offset);
        char *texts;
        if (sections[section].sh_type != SHT_SYMTAB)
            continue;
        texts = (char *)member->data + sections[sections[section].sh_link].sh_offset;
        for (at = 1; at < sections[section].sh_size / sizeof *table; at++) {
            int binding = table[at].st_info >> 4;
            if (table[at].st_shndx && (binding == STB_GLOBAL || binding == STB_WEAK)) {
                put(names, texts + table[at].st_name, strlen(texts + table[at].st_name) + 1);
                found++;
            }
        }
    }
    return found;
}

static void header(FILE *file, const char *name, long size, const char *mode)
{
    fprintf(file, "%-16s%-12d%-6d%-6d%-8s%-10ld`\n", name, 0, 0, 0, mode, size);
}

static void body(FILE *file, const void *data, long size)
{
    fwrite(data, 1, size, file);
    if (size & 1)
        putc('\n', file);
}

static void save(const char *path)
{
    struct text names = {0}, long_names = {0}, index = {0};
    long *defined = grown(0, count * sizeof *defined);
    char (*short_names)[24] = grown(0, count * sizeof *short_names);
    long at, number, total = 0, offset;
    FILE *file;
    for (at = 0; at < count; at++) {
        if (strlen(members[at].name) > 15) {
            sprintf(short_names[at], "/%ld", long_names.size);
            put(&long_names, members[at].name, strlen(members[at].name));
            put(&long_names, "/\n", 2);
        } else {
            sprintf(short_names[at], "%s/", members[at].name);
        }
        defined[at] = symbols(&members[at], &names);
        total += defined[at];
    }
    if (long_names.size & 1)
        put(&long_names, "\n", 1);
    offset = 4 + 4 * total + names.size;
    offset += 8 + 60 + (offset & 1);
    if (long_names.size)
        offset += 60 + long_names.size;
    put_number(&index, total);
    for (at = 0; at < count; at++) {
        for (number = 0; number < defined[at]; number++)
            put_number(&index, offset);
        offset += 60 + members[at].size + (members[at].size & 1);
    }
    put(&index, names.data, names.size);
    file = fopen(path, "wb");
    if (!file)
        stop(path);
    fputs("!<arch>\n", file);
    header(file, "/", index.size, "0");
    body(file, index.data, index.size);
    if (long_names.size) {
        header(file, "//", long_names.size, "0");
        body(file, long_names.data, long_names.size);
    }
    for (at = 0; at < count; at++) {
        header(file, short_names[at], members[at].size, "644");
        body(file, members[at].data, members[at].size);
    }
    if (fclose(file))
        stop(path);
}

static void unpack(int names_only)
{
    long at;
    for (at = 0; at < count; at++) {
        FILE *file;
        if (names_only) {
            puts(members[at].name);
            continue;
        }
        file = fopen(members[at].name, "wb");
        if (!file || fwrite(members[at].data, 1, members[at].size, file) != members[at].size || fclose(file))
            stop(members[at].name);
    }
}

int main(int argc, char **argv)
{
    int at = 2;
    long old;
    char *what, *archive;
    if (argc < 3)
        stop("usage: ar rc|q|x|t ARCHIVE FILE...");
    what = argv[1];
    while (at < argc - 1 && !strcmp(argv[at], "--plugin"))
        at += 2;
    archive = argv[at++];
    load(archive);
    if (strchr(what, 'x') || strchr(what, 't')) {
        unpack(strchr(what, 't') != 0);
        return 0;
    }
    for (; at < argc; at++) {
        char *slash = strrchr(argv[at], '/'), *name = slash ? slash + 1 : argv[at];
        long size;
        unsigned char *data = contents(argv[at], &size);
        if (!data)
            stop(argv[at]);
        for (old = strchr(what, 'q') ? count : 0; old < count && strcmp(members[old].name, name); old++)
            ;
        if (old < count) {
            members[old].data = data;
            members[old].size = size;
        } else {
            add(name, data, size);
        }
    }
    save(archive);
    return 0;
}
