/* shim: redirect a program's paths into a root, where namespaces are not available.
 *
 * A relocated program names this library first in DT_NEEDED, so it works in that program only and does not leak into
 * child processes of the host as LD_PRELOAD would. Paths below /usr, /etc, /lib*, /bin, /sbin, /opt and /var that exist
 * in the root are the root's; all others are the host's. The path of the root is written into the file on relocation.
 *
 * Built with -nostdlib: its references have no symbol version, so one build works with every glibc of the architecture.
 * Rules, each learned the hard way: no malloc and no file function of libc when redirecting (allocators read links while
 * they start); no setenv from a constructor (the program does not see it); the kernel reads scripts, so exec must read #!
 * itself; system() and popen() call exec inside libc and must be implemented here.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <iconv.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#define EXPORT __attribute__((visibility("default")))

struct slot { char mark[16]; char text[4080]; };
static const volatile struct slot place = {"@nipsys-root@\n\0", {0}};
extern char **environ;

static const char *root(void) { return (const char *)place.text; }

static long measure(const char *text) { long size = 0; while (text[size]) size++; return size; }

static int below(const char *path, const char *top) {
    while (*top && *path == *top) path++, top++;
    return !*top && (*path == '/' || !*path);
}

static int equal(const char *one, const char *other) { while (*one && *one == *other) one++, other++; return *one == *other; }

static int ours(const char *path) {
    static const char *const tops[] = {"/usr", "/etc", "/lib", "/lib64", "/bin", "/sbin", "/opt", "/var"};
    static const char *const live[] = {"/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/localtime",
                                       "/etc/machine-id", "/etc/mtab", "/etc/shadow", "/etc/subuid", "/etc/subgid"};
    unsigned n;
    for (n = 0; n < sizeof live / sizeof *live; n++) if (equal(path, live[n])) return 0;
    if (below(path, "/var/tmp") || below(path, "/var/run") || below(path, "/usr/local")) return 0;
    for (n = 0; n < sizeof tops / sizeof *tops; n++) if (below(path, tops[n])) return 1;
    return 0;
}

static int exists(const char *path, int flags) {
    struct stat facts;
    int kept = errno;
    long result = syscall(SYS_newfstatat, AT_FDCWD, path, &facts, flags);
    errno = kept;
    return result == 0;
}

static int writable(const char *path) {
    int kept = errno;
    long result = syscall(SYS_faccessat, AT_FDCWD, path, W_OK);
    errno = kept;
    return result == 0;
}

/* Directories in which the host's entries remain visible; all others that the root has are only the root's. */
static int shared(const char *directory) {
    static const char *const both[] = {"/etc", "/usr", "/usr/bin", "/usr/sbin", "/usr/games", "/usr/lib", "/usr/share", "/bin", "/sbin", "/lib",
                                       "/lib64", "/opt", "/var", "/var/lib", "/var/cache", "/var/log"};
    for (unsigned n = 0; n < sizeof both / sizeof *both; n++) if (equal(directory, both[n])) return 1;
    return 0;
}

/* Return the path to use for `path`: itself, or the root's in `into`. A path that the root lacks is the root's if the root has its
 * directory; in a shared directory only if it is to be created (`making`) and the host's is not writable, or with `making` 2. */
static const char *redirect(const char *path, char *into, int making) {
    const char *top = root();
    long base, size, n, slash;
    if (!path || path[0] != '/' || !*top) return path;
    while (path[1] == '/') path++;
    if (!ours(path)) return path;
    base = measure(top), size = measure(path);
    if (base + size + 1 > PATH_MAX) return path;
    for (n = 0; n < base; n++) into[n] = top[n];
    for (n = 0; n <= size; n++) into[base + n] = path[n];
    if (exists(into, AT_SYMLINK_NOFOLLOW)) return into;
    for (slash = base + size; slash > base && into[slash] != '/'; slash--) ;
    into[slash] = 0;
    n = exists(into, 0) && (making == 2 || !shared(into + base) || (making && !writable(path)));
    into[slash] = '/';
    if (n) return into;
    return path;
}

#define PATHS char space[PATH_MAX]; const char *real = redirect(path, space, 0)
#define MAKES char space[PATH_MAX]; const char *real = redirect(path, space, 1)
#define NEXT(name) static __typeof__(&name) next; if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#pragma GCC diagnostic ignored "-Wattribute-alias"
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#pragma GCC diagnostic ignored "-Wnonnull-compare"

/* --- opening ------------------------------------------------------------------------------------------------------ */

static int open_from(int from, const char *path, int flags, mode_t mode) {
    char space[PATH_MAX];
    return syscall(SYS_openat, from, redirect(path, space, flags & O_CREAT), flags, mode);
}
#define MODE mode_t mode = 0; if (flags & (O_CREAT | 020000000)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
EXPORT int open(const char *path, int flags, ...) { MODE return open_from(AT_FDCWD, path, flags, mode); }
EXPORT int open64(const char *path, int flags, ...) { MODE return open_from(AT_FDCWD, path, flags, mode); }
EXPORT int openat(int from, const char *path, int flags, ...) { MODE return open_from(from, path, flags, mode); }
EXPORT int openat64(int from, const char *path, int flags, ...) { MODE return open_from(from, path, flags, mode); }
EXPORT int __open_2(const char *path, int flags) { return open_from(AT_FDCWD, path, flags, 0); }
EXPORT int __open64_2(const char *path, int flags) { return open_from(AT_FDCWD, path, flags, 0); }
EXPORT int __openat_2(int from, const char *path, int flags) { return open_from(from, path, flags, 0); }
EXPORT int __openat64_2(int from, const char *path, int flags) { return open_from(from, path, flags, 0); }
EXPORT int creat(const char *path, mode_t mode) { return open_from(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
EXPORT int creat64(const char *path, mode_t mode) { return creat(path, mode); }
EXPORT FILE *fopen(const char *path, const char *how) { char space[PATH_MAX]; const char *real = redirect(path, space, how[0] != 'r'); NEXT(fopen); return next(real, how); }
EXPORT FILE *fopen64(const char *path, const char *how) { char space[PATH_MAX]; const char *real = redirect(path, space, how[0] != 'r'); NEXT(fopen64); return next(real, how); }
EXPORT FILE *freopen(const char *path, const char *how, FILE *file) { char space[PATH_MAX]; const char *real = redirect(path, space, how[0] != 'r'); NEXT(freopen); return next(real, how, file); }
EXPORT FILE *freopen64(const char *path, const char *how, FILE *file) { char space[PATH_MAX]; const char *real = redirect(path, space, how[0] != 'r'); NEXT(freopen64); return next(real, how, file); }
EXPORT DIR *opendir(const char *path) { PATHS; NEXT(opendir); return next(real); }
EXPORT void *dlopen(const char *path, int flags) { PATHS; NEXT(dlopen); return next(real, flags); }

/* --- looking ------------------------------------------------------------------------------------------------------ */

EXPORT int access(const char *path, int mode) { PATHS; return syscall(SYS_faccessat, AT_FDCWD, real, mode); }
EXPORT int eaccess(const char *path, int mode) { PATHS; NEXT(eaccess); return next(real, mode); }
EXPORT int euidaccess(const char *path, int mode) { PATHS; NEXT(euidaccess); return next(real, mode); }
EXPORT int faccessat(int from, const char *path, int mode, int flags) { PATHS; NEXT(faccessat); return next(from, real, mode, flags); }
static int look(int from, const char *path, void *facts, int flags) { PATHS; return syscall(SYS_newfstatat, from, real, facts, flags); }
EXPORT int stat(const char *path, struct stat *facts) { return look(AT_FDCWD, path, facts, 0); }
EXPORT int lstat(const char *path, struct stat *facts) { return look(AT_FDCWD, path, facts, AT_SYMLINK_NOFOLLOW); }
EXPORT int fstatat(int from, const char *path, struct stat *facts, int flags) { return look(from, path, facts, flags); }
EXPORT int stat64(const char *path, struct stat64 *facts) { return look(AT_FDCWD, path, facts, 0); }
EXPORT int lstat64(const char *path, struct stat64 *facts) { return look(AT_FDCWD, path, facts, AT_SYMLINK_NOFOLLOW); }
EXPORT int fstatat64(int from, const char *path, struct stat64 *facts, int flags) { return look(from, path, facts, flags); }
EXPORT int __xstat(int version, const char *path, void *facts) { (void)version; return look(AT_FDCWD, path, facts, 0); }
EXPORT int __lxstat(int version, const char *path, void *facts) { (void)version; return look(AT_FDCWD, path, facts, AT_SYMLINK_NOFOLLOW); }
EXPORT int __xstat64(int version, const char *path, void *facts) { (void)version; return look(AT_FDCWD, path, facts, 0); }
EXPORT int __lxstat64(int version, const char *path, void *facts) { (void)version; return look(AT_FDCWD, path, facts, AT_SYMLINK_NOFOLLOW); }
EXPORT int __fxstatat(int version, int from, const char *path, void *facts, int flags) { (void)version; return look(from, path, facts, flags); }
EXPORT int __fxstatat64(int version, int from, const char *path, void *facts, int flags) { (void)version; return look(from, path, facts, flags); }
EXPORT int statx(int from, const char *path, int flags, unsigned mask, struct statx *facts) { PATHS; return syscall(SYS_statx, from, real, flags, mask, facts); }
EXPORT int statfs(const char *path, struct statfs *facts) { PATHS; return syscall(SYS_statfs, real, facts); }
EXPORT int statfs64(const char *path, struct statfs64 *facts) { PATHS; return syscall(SYS_statfs, real, facts); }
EXPORT int statvfs(const char *path, struct statvfs *facts) { PATHS; NEXT(statvfs); return next(real, facts); }
EXPORT int statvfs64(const char *path, struct statvfs64 *facts) { PATHS; NEXT(statvfs64); return next(real, facts); }
EXPORT ssize_t readlink(const char *path, char *into, size_t size) { PATHS; return syscall(SYS_readlinkat, AT_FDCWD, real, into, size); }
EXPORT ssize_t readlinkat(int from, const char *path, char *into, size_t size) { PATHS; return syscall(SYS_readlinkat, from, real, into, size); }
EXPORT ssize_t __readlink_chk(const char *path, char *into, size_t size, size_t room) { (void)room; return readlink(path, into, size); }
EXPORT ssize_t __readlinkat_chk(int from, const char *path, char *into, size_t size, size_t room) { (void)room; return readlinkat(from, path, into, size); }
EXPORT char *realpath(const char *path, char *into) { PATHS; NEXT(realpath); return next(real, into); }
EXPORT char *__realpath_chk(const char *path, char *into, size_t room) { (void)room; return realpath(path, into); }
EXPORT char *canonicalize_file_name(const char *path) { return realpath(path, NULL); }
EXPORT long pathconf(const char *path, int name) { PATHS; NEXT(pathconf); return next(real, name); }
EXPORT int chdir(const char *path) { PATHS; return syscall(SYS_chdir, real); }
EXPORT int inotify_add_watch(int file, const char *path, uint32_t mask) { PATHS; return syscall(SYS_inotify_add_watch, file, real, mask); }
EXPORT ssize_t getxattr(const char *path, const char *name, void *into, size_t size) { PATHS; return syscall(SYS_getxattr, real, name, into, size); }
EXPORT ssize_t lgetxattr(const char *path, const char *name, void *into, size_t size) { PATHS; return syscall(SYS_lgetxattr, real, name, into, size); }
EXPORT int scandir(const char *path, struct dirent ***list, int (*want)(const struct dirent *), int (*order)(const struct dirent **, const struct dirent **)) { PATHS; NEXT(scandir); return next(real, list, want, order); }
EXPORT int scandir64(const char *path, struct dirent64 ***list, int (*want)(const struct dirent64 *), int (*order)(const struct dirent64 **, const struct dirent64 **)) { PATHS; NEXT(scandir64); return next(real, list, want, order); }
EXPORT int nftw(const char *path, __nftw_func_t visit, int files, int flags) { PATHS; NEXT(nftw); return next(real, visit, files, flags); }
EXPORT int nftw64(const char *path, __nftw64_func_t visit, int files, int flags) { PATHS; NEXT(nftw64); return next(real, visit, files, flags); }
EXPORT int ftw(const char *path, __ftw_func_t visit, int files) { PATHS; NEXT(ftw); return next(real, visit, files); }
EXPORT FTS *fts_open(char *const *paths, int flags, int (*order)(const FTSENT **, const FTSENT **)) {
    static char space[8][PATH_MAX];
    char *real[9];
    int n = 0;
    NEXT(fts_open);
    for (; paths[n] && n < 8; n++) real[n] = (char *)redirect(paths[n], space[n], 0);
    if (paths[n]) return next(paths, flags, order);
    real[n] = NULL;
    return next(real, flags, order);
}
/* A pattern is redirected by the part before its first special character. */
EXPORT int glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found) {
    char start[PATH_MAX], space[PATH_MAX], whole[2 * PATH_MAX];
    long n = 0, slash = 0, k = 0;
    NEXT(glob);
    if (pattern[0] != '/') return next(pattern, flags, failed, found);
    for (; pattern[n] && n < PATH_MAX - 1 && pattern[n] != '*' && pattern[n] != '?' && pattern[n] != '[' && pattern[n] != '{'; n++) {
        start[n] = pattern[n];
        if (pattern[n] == '/') slash = n;
    }
    if (!pattern[n]) slash = n;
    start[slash] = 0;
    const char *real = redirect(start, space, 0);
    for (; real[k] && k < PATH_MAX; k++) whole[k] = real[k];
    for (n = slash; pattern[n] && k < (long)sizeof whole - 1; n++) whole[k++] = pattern[n];
    whole[k] = 0;
    return next(whole, flags, failed, found);
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

EXPORT int mkdir(const char *path, mode_t mode) { MAKES; return syscall(SYS_mkdirat, AT_FDCWD, real, mode); }
EXPORT int mkdirat(int from, const char *path, mode_t mode) { MAKES; return syscall(SYS_mkdirat, from, real, mode); }
EXPORT int rmdir(const char *path) { MAKES; return syscall(SYS_unlinkat, AT_FDCWD, real, AT_REMOVEDIR); }
EXPORT int unlink(const char *path) { MAKES; return syscall(SYS_unlinkat, AT_FDCWD, real, 0); }
EXPORT int unlinkat(int from, const char *path, int flags) { MAKES; return syscall(SYS_unlinkat, from, real, flags); }
EXPORT int chmod(const char *path, mode_t mode) { PATHS; return syscall(SYS_fchmodat, AT_FDCWD, real, mode); }
EXPORT int chown(const char *path, uid_t user, gid_t group) { PATHS; return syscall(SYS_fchownat, AT_FDCWD, real, user, group, 0); }
EXPORT int truncate(const char *path, off_t size) { PATHS; return syscall(SYS_truncate, real, size); }
EXPORT int utimensat(int from, const char *path, const struct timespec times[2], int flags) { PATHS; return syscall(SYS_utimensat, from, real, times, flags); }
EXPORT int utime(const char *path, const struct utimbuf *times) { PATHS; NEXT(utime); return next(real, times); }
EXPORT int utimes(const char *path, const struct timeval times[2]) { PATHS; NEXT(utimes); return next(real, times); }
EXPORT int lutimes(const char *path, const struct timeval times[2]) { PATHS; NEXT(lutimes); return next(real, times); }
EXPORT int futimesat(int from, const char *path, const struct timeval times[2]) { PATHS; NEXT(futimesat); return next(from, real, times); }
/* Copy the generated name back into the caller's template. */
static void name_back(char *path, const char *real) {
    long mine = measure(path), theirs = measure(real);
    for (int n = 1; n <= 6; n++) path[mine - n] = real[theirs - n];
}
EXPORT int mkstemp(char *path) { MAKES; NEXT(mkstemp); int file = next((char *)real); if (real != path && file >= 0) name_back(path, real); return file; }
EXPORT int mkstemp64(char *path) { return mkstemp(path); }
EXPORT int mkostemp(char *path, int flags) { MAKES; NEXT(mkostemp); int file = next((char *)real, flags); if (real != path && file >= 0) name_back(path, real); return file; }
EXPORT int mkostemp64(char *path, int flags) { return mkostemp(path, flags); }
EXPORT char *mkdtemp(char *path) { MAKES; NEXT(mkdtemp); char *made = next((char *)real); if (real == path || !made) return made; name_back(path, real); return path; }
EXPORT int mkfifo(const char *path, mode_t mode) { MAKES; return syscall(SYS_mknodat, AT_FDCWD, real, mode | S_IFIFO, 0); }
EXPORT int symlink(const char *target, const char *path) { MAKES; return syscall(SYS_symlinkat, target, AT_FDCWD, real); }
/* The target of a rename from the root is in the root. */
EXPORT int renameat2(int from, const char *path, int into, const char *to, unsigned flags) {
    char other[PATH_MAX];
    PATHS;
    return syscall(SYS_renameat2, from, real, into, redirect(to, other, real == path && path[0] == '/' ? 1 : 2), flags);
}
EXPORT int renameat(int from, const char *path, int into, const char *to) { return renameat2(from, path, into, to, 0); }
EXPORT int rename(const char *path, const char *to) { return renameat2(AT_FDCWD, path, AT_FDCWD, to, 0); }
EXPORT int linkat(int from, const char *path, int into, const char *to, int flags) {
    char other[PATH_MAX];
    PATHS;
    return syscall(SYS_linkat, from, real, into, redirect(to, other, real == path ? 1 : 2), flags);
}
EXPORT int link(const char *path, const char *to) { return linkat(AT_FDCWD, path, AT_FDCWD, to, 0); }
EXPORT int symlinkat(const char *target, int from, const char *path) { MAKES; return syscall(SYS_symlinkat, target, from, real); }
EXPORT int fchmodat(int from, const char *path, mode_t mode, int flags) { PATHS; (void)flags; return syscall(SYS_fchmodat, from, real, mode); }
EXPORT int lchown(const char *path, uid_t user, gid_t group) { PATHS; return syscall(SYS_fchownat, AT_FDCWD, real, user, group, AT_SYMLINK_NOFOLLOW); }
EXPORT int fchownat(int from, const char *path, uid_t user, gid_t group, int flags) { PATHS; return syscall(SYS_fchownat, from, real, user, group, flags); }
static socklen_t place_socket(const struct sockaddr *given, socklen_t size, struct sockaddr_un *into, int making) {
    char space[PATH_MAX];
    const struct sockaddr_un *local = (const struct sockaddr_un *)given;
    if (!given || given->sa_family != AF_UNIX || size <= sizeof(sa_family_t) || local->sun_path[0] != '/') return 0;
    const char *real = redirect(local->sun_path, space, making);
    long length = measure(real), n;
    if (real == local->sun_path || length >= (long)sizeof into->sun_path) return 0;
    into->sun_family = AF_UNIX;
    for (n = 0; n <= length; n++) into->sun_path[n] = real[n];
    return sizeof *into;
}
EXPORT int bind(int file, const struct sockaddr *given, socklen_t size) {
    struct sockaddr_un local;
    socklen_t placed = place_socket(given, size, &local, 1);
    return placed ? syscall(SYS_bind, file, &local, placed) : syscall(SYS_bind, file, given, size);
}
EXPORT int connect(int file, const struct sockaddr *given, socklen_t size) {
    struct sockaddr_un local;
    socklen_t placed = place_socket(given, size, &local, 0);
    return placed ? syscall(SYS_connect, file, &local, placed) : syscall(SYS_connect, file, given, size);
}

/* --- starting programs -------------------------------------------------------------------------------------------- */

struct script { char interpreter[256], argument[256]; };

/* Read the interpreter line of a script; the kernel would use the host's interpreter. */
static int script_of(const char *path, struct script *into) {
    char line[512];
    int kept = errno, file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) { errno = kept; return 0; }
    long size = syscall(SYS_read, file, line, sizeof line - 1), at = 2, n;
    syscall(SYS_close, file);
    errno = kept;
    if (size < 4 || line[0] != '#' || line[1] != '!') return 0;
    line[size] = 0;
    for (n = 0; line[n] && line[n] != '\n'; n++) ;
    while (n > at && (line[n - 1] == ' ' || line[n - 1] == '\t' || line[n - 1] == '\r')) n--;
    line[n] = 0;
    while (line[at] == ' ' || line[at] == '\t') at++;
    for (n = 0; line[at] && line[at] != ' ' && line[at] != '\t' && n < 255; n++) into->interpreter[n] = line[at++];
    into->interpreter[n] = 0;
    while (line[at] == ' ' || line[at] == '\t') at++;
    for (n = 0; line[at] && n < 255; n++) into->argument[n] = line[at++];
    into->argument[n] = 0;
    return into->interpreter[0] == '/';
}

static long count(char *const *list) { long n = 0; while (list && list[n]) n++; return n; }

typedef int start_by(const char *path, char *const *argv, char *const *env, void *context);

/* Start `path` (already redirected), with its interpreter in the root if it is a script. */
static int start(const char *path, char *const *argv, char *const *env, start_by *by, void *context) {
    struct script line;
    char space[PATH_MAX];
    if (script_of(path, &line)) {
        const char *interpreter = redirect(line.interpreter, space, 0);
        if (interpreter != line.interpreter) {
            long given = count(argv), n = 0, k;
            const char *whole[given + 4];
            whole[n++] = line.interpreter;
            if (line.argument[0]) whole[n++] = line.argument;
            whole[n++] = path;
            for (k = 1; k < given; k++) whole[n++] = argv[k];
            whole[n] = NULL;
            return by(interpreter, (char *const *)whole, env, context);
        }
    }
    return by(path, argv, env, context);
}

static int by_exec(const char *path, char *const *argv, char *const *env, void *context) { (void)context; return syscall(SYS_execve, path, argv, env); }

EXPORT int execve(const char *path, char *const *argv, char *const *env) { PATHS; return start(real, argv, env, by_exec, NULL); }
EXPORT int execv(const char *path, char *const *argv) { return execve(path, argv, environ); }
EXPORT int execveat(int from, const char *path, char *const *argv, char *const *env, int flags) { PATHS; return syscall(SYS_execveat, from, real, argv, env, flags); }

static const char *variable(const char *name) {
    long size = measure(name), n;
    for (char **one = environ; one && *one; one++) {
        for (n = 0; n < size && (*one)[n] == name[n]; n++) ;
        if (n == size && (*one)[n] == '=') return *one + n + 1;
    }
    return NULL;
}

/* Find a name on PATH, then in the root's own directories. Return its path, or NULL and the error. */
static const char *search(const char *name, char *into, char *space, int *error) {
    static const char fallback[] = "/usr/bin:/usr/sbin:/bin";
    const char *list = variable("PATH");
    struct stat facts;
    *error = ENOENT;
    for (int round = 0; round < 2; round++, list = fallback) {
        if (!list) continue;
        for (const char *at = list;; at++) {
            long n = 0, k = 0;
            while (*at && *at != ':' && n < PATH_MAX - 2) into[n++] = *at++;
            if (n) into[n++] = '/';
            while (name[k] && n < PATH_MAX - 1) into[n++] = name[k++];
            into[n] = 0;
            const char *real = redirect(into, space, 0);
            int kept = errno;
            if (!syscall(SYS_faccessat, AT_FDCWD, real, X_OK) && !syscall(SYS_newfstatat, AT_FDCWD, real, &facts, 0) && S_ISREG(facts.st_mode)) {
                errno = kept;
                return real;
            }
            if (errno == EACCES) *error = EACCES;
            errno = kept;
            if (!*at) break;
        }
    }
    return NULL;
}

static int has_slash(const char *name) { for (; *name; name++) if (*name == '/') return 1; return 0; }

EXPORT int execvpe(const char *name, char *const *argv, char *const *env) {
    char into[PATH_MAX], space[PATH_MAX];
    int error = 0;
    const char *real = has_slash(name) ? redirect(name, space, 0) : search(name, into, space, &error);
    if (!real) { errno = error; return -1; }
    start(real, argv, env, by_exec, NULL);
    if (errno != ENOEXEC) return -1;
    long given = count(argv), n;
    const char *whole[given + 3];
    whole[0] = "sh";
    whole[1] = real;
    for (n = 1; n < given; n++) whole[n + 1] = argv[n];
    whole[given + 1] = NULL;
    return execve("/bin/sh", (char *const *)whole, env);
}
EXPORT int execvp(const char *name, char *const *argv) { return execvpe(name, argv, environ); }

#define GATHER \
    va_list rest; long n = 0, total = 1; \
    va_start(rest, first); while (va_arg(rest, char *)) total++; va_end(rest); \
    const char *all[total + 1]; \
    va_start(rest, first); for (all[n++] = first; n < total; n++) all[n] = va_arg(rest, char *); all[n] = va_arg(rest, char *)
EXPORT int execl(const char *path, const char *first, ...) { GATHER; va_end(rest); return execv(path, (char *const *)all); }
EXPORT int execlp(const char *path, const char *first, ...) { GATHER; va_end(rest); return execvp(path, (char *const *)all); }
EXPORT int execle(const char *path, const char *first, ...) { GATHER; char *const *env = va_arg(rest, char *const *); va_end(rest); return execve(path, (char *const *)all, env); }

struct spawning { pid_t *child; const posix_spawn_file_actions_t *actions; const posix_spawnattr_t *attributes; };
static int by_spawn(const char *path, char *const *argv, char *const *env, void *context) {
    struct spawning *how = context;
    NEXT(posix_spawn);
    return next(how->child, path, how->actions, how->attributes, argv, env);
}
EXPORT int posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, char *const *argv, char *const *env) {
    struct spawning how = {child, actions, attributes};
    PATHS;
    return start(real, argv, env, by_spawn, &how);
}
EXPORT int posix_spawnp(pid_t *child, const char *name, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, char *const *argv, char *const *env) {
    struct spawning how = {child, actions, attributes};
    char into[PATH_MAX], space[PATH_MAX];
    int error = 0;
    const char *real = has_slash(name) ? redirect(name, space, 0) : search(name, into, space, &error);
    return real ? start(real, argv, env, by_spawn, &how) : error;
}

/* Report uid 0 to a trigger that requires root; it gains no rights. */
EXPORT uid_t geteuid(void) { return variable("NIPSYS_ROOT_ID") ? 0 : (uid_t)syscall(SYS_geteuid); }
EXPORT uid_t getuid(void) { return variable("NIPSYS_ROOT_ID") ? 0 : (uid_t)syscall(SYS_getuid); }

EXPORT int system(const char *command) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    sigset_t child, before;
    int status = -1;
    if (!command) return 1;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    pid_t one = fork();
    if (one == 0) {
        sigaction(SIGINT, &interrupt, NULL);
        sigaction(SIGQUIT, &quit, NULL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        execl("/bin/sh", "sh", "-c", "--", command, (char *)NULL);
        _exit(127);
    }
    if (one > 0) while (waitpid(one, &status, 0) < 0) if (errno != EINTR) { status = -1; break; }
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

static struct { FILE *file; pid_t child; } piped[64];
EXPORT FILE *popen(const char *command, const char *how) {
    int ends[2], reads = how[0] == 'r';
    if (pipe2(ends, O_CLOEXEC)) return NULL;
    pid_t child = fork();
    if (child < 0) { close(ends[0]); close(ends[1]); return NULL; }
    if (child == 0) {
        dup2(ends[reads], reads);
        execl("/bin/sh", "sh", "-c", "--", command, (char *)NULL);
        _exit(127);
    }
    close(ends[reads]);
    FILE *file = fdopen(ends[!reads], reads ? "r" : "w");
    for (int n = 0; n < 64; n++) if (!piped[n].file) { piped[n].file = file; piped[n].child = child; break; }
    return file;
}
EXPORT int pclose(FILE *file) {
    pid_t child = -1;
    int status = -1;
    for (int n = 0; n < 64; n++) if (piped[n].file == file) { child = piped[n].child; piped[n].file = NULL; break; }
    fclose(file);
    if (child > 0) while (waitpid(child, &status, 0) < 0) if (errno != EINTR) return -1;
    return status;
}

/* --- what libc opens by itself: locales, character sets, messages ------------------------------------------------- */

/* Set `name` to the root's directory for one call only, so that no child inherits it. */
static int lend(const char *name, const char *directory) {
    char whole[PATH_MAX];
    const char *top = root();
    long n = 0, k = 0;
    if (!*top || variable(name)) return 0;
    while (top[n] && n < PATH_MAX - 256) { whole[n] = top[n]; n++; }
    while (directory[k]) whole[n++] = directory[k++];
    whole[n] = 0;
    if (!exists(whole, 0)) return 0;
    setenv(name, whole, 1);
    return 1;
}
#if defined(__x86_64__)
#define GCONV "/usr/lib/x86_64-linux-gnu/gconv"
#else
#define GCONV "/usr/lib/aarch64-linux-gnu/gconv"
#endif
#define LEND int locales = lend("LOCPATH", "/usr/lib/locale"), sets = lend("GCONV_PATH", GCONV)
#define TAKE if (locales) unsetenv("LOCPATH"); if (sets) unsetenv("GCONV_PATH")
EXPORT char *setlocale(int category, const char *name) { NEXT(setlocale); if (!name) return next(category, name); LEND; char *result = next(category, name); TAKE; return result; }
EXPORT locale_t newlocale(int mask, const char *name, locale_t base) { NEXT(newlocale); LEND; locale_t result = next(mask, name, base); TAKE; return result; }
EXPORT iconv_t iconv_open(const char *to, const char *from) { NEXT(iconv_open); LEND; iconv_t result = next(to, from); TAKE; return result; }
EXPORT char *bindtextdomain(const char *domain, const char *path) { PATHS; NEXT(bindtextdomain); return next(domain, real); }
