/* launch: run a program of a view, in the view's own root.
 *
 * Three forms, distinguished by the path of this executable:
 *   <view>/.run/usr/bin/jq ARGS...                 run /usr/bin/jq of <view> (this path is a hard link to the launcher)
 *   .../hostrun PROGRAM ARGS...                    from inside a view, run a program of the host (or the one argv[0] names)
 *   launch [OPTIONS] VIEW PROGRAM ARGV0 ARGS...    the explicit form, used by `nipsys run` and by triggers
 *       --contain      hide the home directory, other users' state and the network
 *       --no-network   a network namespace with a loopback only
 *       --root-id      the user's id appears as 0
 *       --build        the view is being built: its own /var is used
 *       --write DIR    this directory of the view stays writable
 *       --overlay DIR  writes to /usr, /etc and /var go below DIR/upper
 *
 * How: a user and a mount namespace (only a mount namespace if the caller may create it alone), a tmpfs as root, the view's
 * directories bound read-only, the host's top directories bound unchanged, the host's root at /.host, pivot_root, exec.
 * No fork: process id, signals, controlling terminal, open files and exit code are the program's own.
 * Static, needs only a C library at build time. Exit code 125: the root could not be entered.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define SPACE (PATH_MAX + 512)

struct attributes { uint64_t set, clear, propagation, userns; }; /* struct mount_attr of linux/mount.h, 5.12 */

static struct {
    char view[PATH_MAX];    /* absolute path of the view */
    char program[PATH_MAX]; /* absolute path inside it */
    char world[128], prefix[512], path[1024], arch[32];
    char host[16];          /* path of the host's root when we are started: "" or "/.host" */
    const char *overlay;       /* a directory with upper/ and work/ for writes */
    const char *writable[32];   /* directories of the view that stay writable */
    char over[32][256];         /* directories of the view's /var with the output of triggers */
    int writables, overs, contain, loopback, root_id, build, relocated;
} want;

static const char *step = "start";
static char **arguments;

static void say(const char *format, ...) {
    char text[2 * SPACE];
    va_list rest;
    va_start(rest, format);
    int size = vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    if (size > (int)sizeof text - 1) size = sizeof text - 1;
    if (write(2, text, size) < 0) return;
}

static char *join(char *into, const char *a, const char *b, const char *c) {
    if (snprintf(into, SPACE, "%s%s%s", a, b, c) >= SPACE) { say("nipsys: a path is too long\n"); _exit(125); }
    return into;
}

/* Find a program on the host's PATH; return its path in `into`, or NULL. */
static const char *find(const char *name, char *into) {
    const char *path = getenv("NIPSYS_HOST_PATH");
    if (!path) path = getenv("PATH");
    for (const char *at = path ? path : "/usr/bin"; *at; at += *at == ':') {
        struct stat facts;
        size_t size = strcspn(at, ":");
        if (snprintf(into, SPACE, "%s%.*s/%s", want.host, (int)size, at, name) < SPACE && !stat(into, &facts) && S_ISREG(facts.st_mode) && facts.st_mode & 0111) return into;
        at += size;
    }
    return NULL;
}

/* A world with a prefix was rewritten to a short path that is a link to its twin. Restore the link if it is missing; refuse a wrong one. */
static int open_short_prefix(const char *twin) {
    char place[SPACE], target[SPACE], name[SPACE];
    ssize_t size = readlink(join(name, twin, "/.prefix", ""), place, sizeof place - 1);
    if (size <= 0) return 0;
    place[size] = 0;
    if (symlink(twin, place) && errno != EEXIST) return 0;
    size = readlink(place, target, sizeof target - 1);
    if (size <= 0) return 0;
    target[size] = 0;
    if (!strcmp(target, twin)) return 1;
    say("nipsys: `%s` leads to `%s`, not to `%s`: remove it\n", place, target, twin);
    return 0;
}

/* Exec a program of the relocated twin; a script with its interpreter there, because the kernel would use the host's. A program for
 * another machine runs with qemu; programs that it starts do not run. */
static void run_relocated(const char *twin) {
    char program[SPACE], interpreter[SPACE], path[6 * SPACE], line[256], emulator[SPACE], name[64], *whole[4096];
    const char *old = getenv("PATH");
    int count = want.arch[0] ? 4 : 1;
    const char *below = want.prefix[0] && !strncmp(want.program, want.prefix, strlen(want.prefix)) ? want.program + strlen(want.prefix) : want.program;
    if (access(join(program, twin, below, ""), X_OK)) return;
    if (want.prefix[0] && !open_short_prefix(twin)) return;
    snprintf(name, sizeof name, "qemu-%s-static", want.arch);
    if (want.arch[0] && !find(name, emulator)) return;
    char directory[SPACE];
    strcpy(directory, program);
    *strrchr(directory, '/') = 0;
    snprintf(path, sizeof path, "%s:%s/usr/bin:%s/usr/sbin:%s/usr/games:%s", directory, twin, twin, twin, old ? old : "/bin:/usr/bin");
    setenv("PATH", path, 1);
    int file = open(program, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, line, sizeof line - 1);
    if (file >= 0) close(file);
    char *start = program, *called = arguments[0] == want.program || strchr(arguments[0], '/') ? program : arguments[0];
    if (size > 4 && line[0] == '#' && line[1] == '!') {
        line[size] = 0;
        line[strcspn(line, "\n")] = 0;
        char *word = line + 2 + strspn(line + 2, " \t");
        char *argument = word + strcspn(word, " \t");
        if (*argument) *argument++ = 0;
        if (!access(join(interpreter, twin, word, ""), X_OK)) {
            start = interpreter, called = word;
            if (argument[strspn(argument, " \t")]) whole[count++] = argument + strspn(argument, " \t");
            whole[count++] = program;
        }
    }
    if (want.arch[0]) whole[0] = emulator, whole[1] = "-0", whole[2] = called, whole[3] = start;
    else whole[0] = called;
    for (int given = 1; arguments[given] && count < 4095; given++) whole[count++] = arguments[given];
    whole[count] = NULL;
    execv(want.arch[0] ? emulator : start, whole);
}

/* Run the program of the relocated twin, if there is one. */
static void try_relocated(void) {
    char twin[SPACE], root[SPACE];
    join(root, want.view, "", "");
    char *store = strstr(root, "/store/");
    if (!store || want.contain) return;
    *store = 0;
    run_relocated(join(twin, root, "/state/relocated/", store + 7));
}

static int one_of(const char *name, const char *const *list) {
    for (; *list; list++) if (!strcmp(name, *list)) return 1;
    return 0;
}

static const char *const host_tops[] = {"home", "tmp", "dev", "proc", "sys", "run", "root", "mnt", "media", NULL};
static const char *const hidden[] = {".", "..", ".host", ".root", ".run", ".share", ".relocated", ".nipsys", "boot", "lost+found", NULL};
static const char *const private_tops[] = {"home", "root", "tmp", "run", "mnt", "media", NULL};

/* Arguments for proot: the host's top directories that the view does not have, the world's state, the host's root at /.host. */
static int show_by_proot(char **whole, int count, const char *root) {
    static char names[64][300], state[2 * SPACE];
    char own[SPACE];
    int shown = 0;
    DIR *list = opendir("/");
    struct dirent *entry;
    while (list && shown < 64 && (entry = readdir(list))) {
        if (one_of(entry->d_name, hidden) || !strcmp(entry->d_name, "var")) continue;
        if (!one_of(entry->d_name, host_tops) && !access(join(own, want.view, "/", entry->d_name), F_OK)) continue;
        snprintf(names[shown], sizeof names[shown], "/%s", entry->d_name);
        whole[count++] = "-b", whole[count++] = names[shown++];
    }
    if (list) closedir(list);
    snprintf(state, sizeof state, "%s/state/%s/var:/var", root, want.world);
    whole[count++] = "-b", whole[count++] = state, whole[count++] = "-b", whole[count++] = "/var/tmp", whole[count++] = "-b", whole[count++] = "/:/.host";
    return count;
}

/* The last resort, where neither namespaces nor relocated programs are available: slow, and some programs fail under it. */
static void try_proot(void) {
    char *whole[4096], root[SPACE], bound[2 * SPACE], where[PATH_MAX], proot[SPACE], qemu[SPACE], name[64], path[3 * SPACE];
    int count = 0;
    const char *old = getenv("PATH");
    if (want.contain || want.build || want.loopback || !find("proot", proot)) return;
    join(root, want.view, "", "");
    char *store = strstr(root, "/store/");
    if (!store) return;
    *store = 0;
    whole[count++] = "proot";
    if (want.arch[0]) {
        snprintf(name, sizeof name, "qemu-%s-static", want.arch);
        if (!find(name, qemu)) return;
        whole[count++] = "-q", whole[count++] = qemu;
    }
    if (want.prefix[0]) {
        snprintf(bound, sizeof bound, "%s:%s", want.view, want.prefix);
        whole[count++] = "-b", whole[count++] = bound;
    } else {
        whole[count++] = "-r", whole[count++] = want.view;
        count = show_by_proot(whole, count, root);
        snprintf(path, sizeof path, "/usr/sbin:/usr/bin:/usr/games%s%s", old ? ":" : "", old ? old : "");
        setenv("PATH", path, 1);
    }
    if (getcwd(where, sizeof where)) whole[count++] = "-w", whole[count++] = where;
    whole[count++] = want.program;
    for (int n = 1; arguments[n] && count < 4095; n++) whole[count++] = arguments[n];
    whole[count] = NULL;
    say("nipsys: warning: `%s` runs under proot, which is slow and not always correct: `nipsys doctor` shows better ways\n", want.program);
    execv(proot, whole);
}

/* Namespaces are closed: use the relocated twin or proot if available, else print why. */
static void closed(void) {
    int why = errno;
    try_relocated();
    try_proot();
    say("nipsys: cannot enter the root of `%s`: %s: %s\n", want.program, step, strerror(why));
    say("  hint: `nipsys doctor` shows what this host allows; `nipsys doctor --repair` relocates programs where namespaces are closed\n");
    _exit(125);
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t done = write(file, text, strlen(text));
    int why = errno;
    close(file);
    errno = why;
    return done < 0 ? -1 : 0;
}

/* Map one user and one group: `user` and `group` are the ids outside. */
static void map_ids(uid_t inside, uid_t user, gid_t inside_group, gid_t group) {
    char text[64];
    step = "map the user";
    snprintf(text, sizeof text, "%u %u 1\n", inside, user);
    if (write_file("/proc/self/uid_map", text)) closed();
    if (write_file("/proc/self/setgroups", "deny") && errno != ENOENT) closed();
    snprintf(text, sizeof text, "%u %u 1\n", inside_group, group);
    if (write_file("/proc/self/gid_map", text)) closed();
}

/* Whether the kernel lets unshare succeed but refuses what follows; this can only be tested in a child. */
static int pretends(void) {
    char flag = '0';
    int file = open("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t size = read(file, &flag, 1);
    close(file);
    if (size != 1 || flag != '1') return 0;
    pid_t child = fork();
    if (child == 0) {
        int bad = unshare(CLONE_NEWUSER | CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL);
        _exit(bad ? 1 : 0);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) < 0) return 1;
    return status != 0;
}

static void enter_namespaces(void) {
    uid_t user = geteuid();
    gid_t group = getegid();
    int network = want.loopback ? CLONE_NEWNET : 0;
    step = "create namespaces";
    if (user == 0 && !want.root_id && !want.arch[0] && unshare(CLONE_NEWNS | network) == 0) {
        step = "detach mounts";
        if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL)) closed();
        return;
    }
    if (pretends()) { errno = EPERM; closed(); }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | network)) closed();
    int root = want.root_id || want.arch[0]; /* binfmt_misc belongs to the namespace's root */
    map_ids(root ? 0 : user, user, root ? 0 : group, group);
}

static void raise_loopback(void) {
    struct ifreq request;
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (file < 0) return;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(file, SIOCSIFFLAGS, &request)) errno = 0;
    close(file);
}

static void read_only(const char *path) {
    struct attributes change = {1 /* MOUNT_ATTR_RDONLY */, 0, 0, 0};
    if (syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &change, sizeof change) == 0) return;
    struct statfs facts;
    if (statfs(path, &facts)) closed();
    unsigned long kept = facts.f_flags & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME);
    if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | kept, NULL)) closed();
}

static int bind_to(const char *from, const char *to, unsigned long deep) { return mount(from, to, NULL, MS_BIND | deep, NULL); }

/* Show `from` as `name` in the new root: a link is copied, a directory or file bound. A missing one is ignored. */
static void show(const char *from, const char *root, const char *name, unsigned long deep) {
    struct stat facts;
    char to[SPACE], target[PATH_MAX];
    join(to, root, "/", name);
    if (lstat(from, &facts)) return;
    if (S_ISLNK(facts.st_mode)) {
        ssize_t size = readlink(from, target, sizeof target - 1);
        if (size > 0) { target[size] = 0; if (symlink(target, to)) errno = 0; }
        return;
    }
    if (S_ISDIR(facts.st_mode)) {
        if (mkdir(to, 0755) && errno != EEXIST) closed();
    } else {
        int file = open(to, O_CREAT | O_RDONLY | O_CLOEXEC, 0644);
        if (file >= 0) close(file);
    }
    if (bind_to(from, to, deep) && errno != EACCES && errno != ENOENT && errno != EINVAL) { step = from; closed(); }
}

/* Show the world's writable /etc, if it was merged for this view; otherwise the view's own is shown, read-only. */
static int show_own_etc(const char *root) {
    char state[SPACE], from[SPACE], name[PATH_MAX];
    join(state, want.view, "/../../state/", want.world);
    ssize_t size = readlink(join(from, state, "/.etc-of", ""), name, sizeof name - 1);
    if (size <= 0 || want.build || !want.world[0]) return 0;
    name[size] = 0;
    if (strcmp(strrchr(want.view, '/') + 1, name) || access(join(from, state, "/etc", ""), F_OK)) return 0;
    show(from, root, "etc", 0);
    return 1;
}

/* Show the view's directories. Those of the host come later. */
static void show_view(const char *root) {
    char from[SPACE], to[SPACE], options[4 * SPACE];
    DIR *list = opendir(want.view);
    struct dirent *entry;
    step = "read the view";
    if (!list) closed();
    while ((entry = readdir(list))) {
        const char *name = entry->d_name;
        if (one_of(name, hidden) || one_of(name, host_tops)) continue;
        if (want.prefix[0]) continue;
        if (want.overlay && (!strcmp(name, "usr") || !strcmp(name, "etc") || !strcmp(name, "var"))) {
            step = "mount an overlay on the view";
            snprintf(options, sizeof options, "lowerdir=%s/%s,upperdir=%s/upper/%s,workdir=%s/work/%s,userxattr", want.view, name, want.overlay, name, want.overlay, name);
            if (mkdir(join(to, root, "/", name), 0755) || mount("overlay", to, "overlay", 0, options)) closed();
            continue;
        }
        step = "bind the view";
        if (!strcmp(name, "var") && !want.build) continue;
        if (!strcmp(name, "etc") && show_own_etc(root)) continue;
        show(join(from, want.view, "/", name), root, name, 0);
        struct stat facts;
        if (!lstat(join(to, root, "/", name), &facts) && S_ISDIR(facts.st_mode)) read_only(to);
    }
    closedir(list);
    for (int place = 0; place < want.writables; place++) {
        step = want.writable[place];
        if (bind_to(join(from, want.view, "/", step), join(to, root, "/", step), 0)) closed();
    }
}

/* Show the host's other top directories. */
static void show_host(const char *root) {
    char from[SPACE], to[SPACE];
    struct stat facts;
    DIR *list = opendir(want.host[0] ? want.host : "/");
    struct dirent *entry;
    step = "read the host's root";
    if (!list) closed();
    while ((entry = readdir(list))) {
        const char *name = entry->d_name;
        if (one_of(name, hidden)) continue;
        if (want.contain && one_of(name, private_tops)) continue;
        if (want.contain && !want.prefix[0] && !one_of(name, host_tops)) continue;
        if (!want.prefix[0] && !strcmp(name, "var")) continue;
        if (!strcmp(name, "run") && !want.prefix[0] && geteuid() != 0) continue;
        if (entry->d_type == DT_REG) continue;
        if (!lstat(join(to, root, "/", name), &facts)) continue;
        join(from, want.host, "/", name);
        show(from, root, name, MS_REC);
    }
    closedir(list);
}

/* Show what a user may write: /var and /run are the world's state; links in /run lead to the host's sessions. */
static void show_state(const char *root) {
    char state[SPACE], from[SPACE], to[SPACE];
    step = "bind the state";
    join(state, want.view, "/../../state/", want.world);
    if (access(join(from, state, "/var", ""), F_OK)) join(from, want.view, "/var", "");
    show(from, root, "var", 0);
    for (int place = 0; place < want.overs; place++) {
        join(to, root, "/", want.over[place]);
        if (bind_to(join(from, want.view, "/", want.over[place]), to, 0)) { errno = 0; continue; }
        read_only(to);
    }
    if (!access(join(from, want.host, "/var/tmp", ""), W_OK) && !want.contain) {
        join(to, root, "/var/tmp", "");
        if (bind_to(from, to, MS_REC)) errno = 0;
    }
    if (geteuid() == 0 && !want.contain) return;
    join(to, root, "/run", "");
    if (mkdir(to, 0755) && errno != EEXIST) closed();
    if (!access(join(from, state, "/run", ""), W_OK)) { if (bind_to(from, to, 0)) closed(); }
}

/* Bind the host's certificates and time zone over the view's. */
static void show_live(const char *root) {
    static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                          "/etc/ssl/cert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", NULL};
    char from[SPACE], to[SPACE];
    struct stat facts;
    join(to, root, bundles[0], "");
    for (int place = 0; bundles[place]; place++) {
        if (stat(join(from, want.host, bundles[place], ""), &facts) || !S_ISREG(facts.st_mode) || !facts.st_size) continue;
        if (bind_to(from, to, 0)) errno = 0;
        break;
    }
    join(to, root, "/etc/localtime", "");
    if (!stat(join(from, want.host, "/etc/localtime", ""), &facts) && S_ISREG(facts.st_mode)) if (bind_to(from, to, 0)) errno = 0;
}

/* A world with a prefix hides nothing: its store is bound there, next to the host's directories. */
static void show_prefix(const char *root) {
    char to[SPACE], part[SPACE];
    join(to, root, want.prefix, "");
    step = "make the prefix";
    for (char *slash = to + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        struct stat facts;
        memcpy(part, to, slash - to);
        part[slash - to] = 0;
        if (lstat(part, &facts) && mkdir(part, 0755)) closed();
    }
    if (mkdir(to, 0755) && errno != EEXIST) closed();
    if (bind_to(want.view, to, 0)) closed();
    read_only(to);
}

/* The host has the top directory of the prefix as well: rebuild it one level down, so that both are visible. */
static void open_prefix(const char *root) {
    char top[512], from[SPACE], to[SPACE], name[SPACE];
    struct dirent *entry;
    size_t size = strcspn(want.prefix + 1, "/");
    snprintf(top, sizeof top, "%.*s", (int)size, want.prefix + 1);
    size_t depth = size + 1;
    join(to, root, "/", top);
    if (mkdir(to, 0755) && errno != EEXIST) closed();
    while (1) {
        join(from, want.host, "/", top);
        const char *next = want.prefix[depth] ? want.prefix + depth + 1 : "";
        size_t width = strcspn(next, "/");
        DIR *list = *next ? opendir(from) : NULL;
        if (!list) return;
        while ((entry = readdir(list))) {
            if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
            if (strlen(entry->d_name) == width && !strncmp(entry->d_name, next, width)) continue;
            join(name, top, "/", entry->d_name);
            char source[SPACE];
            show(join(source, want.host, "/", name), root, name, MS_REC);
        }
        closedir(list);
        size_t used = strlen(top);
        snprintf(top + used, sizeof top - used, "/%.*s", (int)width, next);
        depth += width + 1;
        if (mkdir(join(to, root, "/", top), 0755) && errno != EEXIST) closed();
    }
}

static void contain(const char *root) {
    static const char *const fresh[] = {"home", "root", "tmp", "mnt", "media", NULL};
    char to[SPACE];
    for (int place = 0; fresh[place]; place++) if (mkdir(join(to, root, "/", fresh[place]), 0777) && errno != EEXIST) closed();
    if (mount("tmpfs", join(to, root, "/tmp", ""), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")) closed();
    const char *home = getenv("HOME");
    if (home && home[0] == '/' && home[1]) {
        join(to, root, home, "");
        for (char *slash = to + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
            *slash = 0;
            if (mkdir(to, 0755)) errno = 0;
            *slash = '/';
        }
        if (mkdir(to, 0755)) errno = 0;
        if (mount("tmpfs", to, "tmpfs", MS_NOSUID | MS_NODEV, "mode=700")) errno = 0;
    }
}

static void pivot(const char *root) {
    char to[SPACE];
    join(to, root, "/.host", "");
    if (mkdir(to, 0755) && errno != EEXIST) closed();
    step = "enter the root";
    if (chdir(root)) closed();
    if (!want.host[0] && !want.contain) {
        if (syscall(SYS_pivot_root, ".", ".host")) closed();
        return;
    }
    if (want.contain) {
        char from[SPACE];
        if (mkdir(".host/etc", 0755)) closed();
        if (bind_to(join(from, want.host, "/etc", ""), ".host/etc", MS_REC)) closed();
    } else if (bind_to(want.host, ".host", MS_REC)) closed();
    if (syscall(SYS_pivot_root, ".", ".")) closed();
    if (umount2(".", MNT_DETACH)) closed();
}

/* Return to the same working directory, whatever its path is now. */
static void return_to(const char *where, const struct stat *before) {
    struct stat now;
    char other[SPACE];
    if (where[0] == '/' && !chdir(where) && !stat(".", &now) && now.st_dev == before->st_dev && now.st_ino == before->st_ino) return;
    if (where[0] == '/' && !chdir(join(other, "/.host", where, "")) && !stat(".", &now) && now.st_ino == before->st_ino) return;
    const char *home = getenv("HOME");
    if (want.contain && home && !chdir(home)) return;
    if (chdir("/")) errno = 0;
}

static void set_path(void) {
    char text[3 * SPACE], base[SPACE], path_text[SPACE];
    const char *old = getenv("PATH");
    join(base, want.view, "", "");
    char *end = strstr(base, "/store/");
    if (end) *end = 0;
    const char *own = want.path[0] ? want.path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games";
    if (want.prefix[0]) own = want.path;
    /* the program's own directory comes before the stubs, so that a program that searches for itself finds itself */
    char directory[SPACE];
    join(directory, want.program, "", "");
    char *last = strrchr(directory, '/');
    if (last) *last = 0;
    if (last && strcmp(directory, "/usr/bin")) {
        char longer[SPACE];
        own = strcpy(path_text, join(longer, own, own[0] ? ":" : "", directory));
    }
    /* a world with a prefix sees the host's directories unchanged, and programs started on the host would lose the prefix */
    const char *out = want.prefix[0] ? "" : ":", *way = want.prefix[0] ? "" : base, *host = want.prefix[0] ? "" : "/state/host";
    snprintf(text, sizeof text, "%s%s%s/System/Links/Executables%s%s%s%s%s", own, own[0] ? ":" : "", base, out, way, host, old ? ":" : "", old ? old : "");
    if (old && !getenv("NIPSYS_HOST_PATH")) setenv("NIPSYS_HOST_PATH", old, 1);
    setenv("PATH", text, 1);
}

/* Read <view>/.run/.view: one "key value" per line. */
static void read_facts(void) {
    char name[SPACE], text[4096], *line, *rest = text;
    int file = open(join(name, want.view, "/.run/.view", ""), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    text[size > 0 ? size : 0] = 0;
    while ((line = strsep(&rest, "\n"))) {
        char *value = strchr(line, ' ');
        if (!value) continue;
        *value++ = 0;
        if (!strcmp(line, "world")) snprintf(want.world, sizeof want.world, "%s", value);
        if (!strcmp(line, "prefix")) snprintf(want.prefix, sizeof want.prefix, "%s", value);
        if (!strcmp(line, "relocate") && !strcmp(value, want.program)) want.relocated = 1;
        if (!strcmp(line, "over") && want.overs < 32) snprintf(want.over[want.overs++], sizeof want.over[0], "%s", value);
        if (!strcmp(line, "arch")) snprintf(want.arch, sizeof want.arch, "%s", value);
        if (!strcmp(line, "path")) snprintf(want.path, sizeof want.path, "%s", value);
    }
}

/* For programs of another machine: register qemu in the binfmt_misc of our user namespace (Linux 6.7), so that the programs they
 * start run as well. Where the kernel has none, return the path of qemu on the host, which then runs the first program only. */
static const char *emulate(const char *root) {
    static char found[SPACE];
    static const char head[] = "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00";
    static const char mask[] = "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff";
    const char *number = !strcmp(want.arch, "aarch64") ? "\\xb7\\x00" : "\\x3e\\x00";
    char line[2 * SPACE], place[SPACE], name[64];
    snprintf(name, sizeof name, "qemu-%s-static", want.arch);
    if (!find(name, found)) { step = "find qemu for another machine (install qemu-user-static)"; errno = ENOENT; closed(); }
    join(place, root, "/proc/sys/fs/binfmt_misc", "");
    if (!mount("binfmt_misc", place, "binfmt_misc", 0, NULL)) {
        snprintf(line, sizeof line, ":nipsys-%s:M::%s%s:%s:%s:FP", want.arch, head, number, mask, found);
        if (!write_file(join(place, root, "/proc/sys/fs/binfmt_misc/register", ""), line) || errno == EEXIST) return NULL;
    }
    if (!want.host[0]) memmove(found + 6, found, strlen(found) + 1), memcpy(found, "/.host", 6);
    return found;
}

static void run_emulated(const char *emulator) {
    int count = 0;
    while (arguments[count]) count++;
    char **whole = calloc(count + 5, sizeof *whole);
    if (!whole) _exit(125);
    whole[0] = (char *)emulator, whole[1] = "-0", whole[2] = arguments[0], whole[3] = want.program;
    memcpy(whole + 4, arguments + 1, count * sizeof *whole);
    execv(emulator, whole);
}

/* /proc leads to the root of every other process of the same user, and so to what --contain hides. A Landlock domain (landlock(7),
 * Linux 5.19 for renames between directories) can access its own processes only. Older kernels do not have it. */
static void keep_apart(void) {
    struct { uint64_t handled; } rules = {1 << 11 | 1 << 13}; /* MAKE_BLOCK, which is not needed, and REFER, which is denied by default */
    struct __attribute__((packed)) { uint64_t allowed; int32_t below; } all = {1 << 11 | 1 << 13, -1};
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */) < 2) return;
    int domain = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    all.below = open("/", O_PATH | O_CLOEXEC);
    step = "isolate from other processes";
    if (domain < 0 || all.below < 0 || syscall(SYS_landlock_add_rule, domain, 1 /* PATH_BENEATH */, &all, 0)) closed();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_landlock_restrict_self, domain, 0)) closed();
    close(domain);
    close(all.below);
}

static void run_in_view(void) {
    uid_t user = geteuid();
    gid_t group = getegid();
    struct stat here;
    char where[PATH_MAX], root[SPACE];
    if (!getcwd(where, sizeof where)) strcpy(where, "/");
    if (stat(".", &here)) memset(&here, 0, sizeof here);
    if (!access("/.host/.", F_OK) && !access("/.view", F_OK)) strcpy(want.host, "/.host");
    read_facts();
    const char *namespaces = getenv("NIPSYS_NAMESPACES");
    if (want.relocated) try_relocated();
    if (namespaces && !strcmp(namespaces, "off")) { step = "NIPSYS_NAMESPACES is off"; errno = EPERM; closed(); }
    enter_namespaces();
    if (want.loopback) raise_loopback();
    step = "mount a root";
    join(root, want.view, "/.root", "");
    if (mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")) closed();
    show_view(root);
    if (want.prefix[0]) open_prefix(root);
    else if (!want.build) show_state(root);
    if (want.contain) contain(root);
    show_host(root);
    if (want.prefix[0]) show_prefix(root);
    else show_live(root);
    const char *emulator = want.arch[0] ? emulate(root) : NULL;
    if (symlink(want.view, join((char[SPACE]){0}, root, "/.view", ""))) closed();
    pivot(root);
    if (want.arch[0] && !want.root_id && user) {
        step = "map back to the user's id";
        if (unshare(CLONE_NEWUSER)) closed();
        map_ids(user, 0, group, 0);
    }
    return_to(where, &here);
    if (!want.build) set_path();
    if (want.contain) keep_apart();
    if (emulator) run_emulated(emulator);
    execv(want.program, arguments);
    say("nipsys: `%s`: %s\n", want.program, strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* Return from inside a view to the host's root and run a program there. Outside any view, just run the program. */
static void run_on_host(char **argv) {
    struct stat here;
    char where[PATH_MAX];
    const char *path = getenv("NIPSYS_HOST_PATH");
    if (!getcwd(where, sizeof where)) strcpy(where, "/");
    if (!access("/.view", F_OK) && !access("/.host/.", F_OK)) {
        if (stat(".", &here)) memset(&here, 0, sizeof here);
        step = "go back to the host";
        enter_namespaces();
        if (bind_to("/.host", "/.host", MS_REC)) closed();
        if (chdir("/.host")) closed();
        if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH)) closed();
        return_to(!strncmp(where, "/.host/", 7) ? where + 6 : where, &here);
        if (path) setenv("PATH", path, 1);
        unsetenv("NIPSYS_HOST_PATH");
    }
    execvp(argv[0], argv);
    say("nipsys: `%s`: %s\n", argv[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static int usage(void) {
    say("usage: launch [--contain] [--no-network] [--root-id] [--build] [--write DIR] [--overlay DIR] VIEW PROGRAM ARGV0 [ARGUMENT...]\n"
        "       hostrun PROGRAM [ARGUMENT...]\n");
    return 125;
}

static const char *base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int main(int count, char **argv) {
    char self[PATH_MAX];
    if (count < 1) return usage();
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size < 0) { say("nipsys: /proc is not mounted\n"); return 125; }
    self[size] = 0;
    char *inside = strstr(self, "/.run/");
    arguments = argv;
    if (inside) {
        snprintf(want.program, sizeof want.program, "%s", inside + 5);
        *inside = 0;
        snprintf(want.view, sizeof want.view, "%s", self);
        if (strchr(argv[0], '/')) argv[0] = want.program;
        run_in_view();
    }
    if (!strcmp(base(self), "hostrun")) {
        if (strcmp(base(argv[0]), "hostrun")) { argv[0] = (char *)base(argv[0]); run_on_host(argv); }
        if (count < 2) return usage();
        run_on_host(argv + 1);
    }
    int at = 1;
    for (; at < count && !strncmp(argv[at], "--", 2); at++) {
        if (!strcmp(argv[at], "--contain")) want.contain = want.loopback = 1;
        else if (!strcmp(argv[at], "--no-network")) want.loopback = 1;
        else if (!strcmp(argv[at], "--root-id")) want.root_id = 1;
        else if (!strcmp(argv[at], "--build")) want.build = 1;
        else if (!strcmp(argv[at], "--overlay") && at + 1 < count) want.overlay = argv[++at];
        else if (!strcmp(argv[at], "--write") && at + 1 < count && want.writables < 32) want.writable[want.writables++] = argv[++at];
        else return usage();
    }
    if (count - at < 3) return usage();
    if (!realpath(argv[at], want.view)) { say("nipsys: cannot find a view at `%s`: %s\n", argv[at], strerror(errno)); return 125; }
    snprintf(want.program, sizeof want.program, "%s", argv[at + 1]);
    arguments = argv + at + 2;
    run_in_view();
}
