/* Bulk disk operations: many files created or read by one call, so that another Python thread can run meanwhile.
 *
 * Nothing is validated here: what may be written was decided before, in Python, for this and the portable implementation alike. Every
 * call names files relative to one open directory, follows no link in the last component of a path, and reports the first error.
 * The library is not linked against a C library: its few references are unversioned, and the process's libc and Python resolve them.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))
#define BASIC_STATS 0x7ff

enum verb { MKDIR, WRITE, SYMLINK, LINK };

struct effect {
	int64_t verb, mode, mtime;
};

/* The part of Python's stable ABI (3.11) used here, declared by hand because not every Python is installed with its headers. */
typedef struct object PyObject;
typedef struct thread_state PyThreadState;
struct buffer { /* Py_buffer */
	const char *bytes;
	PyObject *owner;
	ssize_t size, item_size;
	int read_only, dimensions;
	char *format;
	ssize_t *shape, *strides, *offsets;
	void *internal;
};
void *PyMem_Calloc(size_t count, size_t size);
void PyMem_Free(void *memory);
PyObject *PyList_GetItem(PyObject *list, ssize_t place);
int PyObject_GetBuffer(PyObject *owner, struct buffer *buffer, int flags);
void PyBuffer_Release(struct buffer *buffer);
PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *thread);

struct found {
	int64_t error, mode, size, mtime, inode, links;
};

/* struct statx of statx(2), Linux 4.11; declared by hand because not every C library's headers have it. */
struct seen {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, user, group;
	uint16_t mode, unused;
	uint64_t inode, size, blocks, attributes_mask;
	struct {
		int64_t seconds;
		uint32_t nanoseconds, unused;
	} accessed, born, changed, modified;
	uint64_t more[16];
};

static const char *following(const char *name)
{
	while (*name)
		name++;
	return name + 1;
}

/* Short writes and signals are not errors as long as the write makes progress. */
static int write_all(int file, const char *data, int64_t size)
{
	while (size > 0) {
		ssize_t done = write(file, data, (size_t)size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno;
		if (done == 0)
			return EIO;
		data += done;
		size -= done;
	}
	return 0;
}

static int open_again(int top, const char *name, int flags, unsigned mode)
{
	int file;
	do
		file = openat(top, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	while (file < 0 && errno == EINTR);
	return file;
}

static int make_file(int top, const char *name, const struct effect *how, const struct buffer *data, int masked)
{
	struct timespec times[2] = {{.tv_sec = how->mtime}, {.tv_sec = how->mtime}};
	int error, file = open_again(top, name, O_WRONLY | O_CREAT | O_EXCL, (unsigned)how->mode);

	if (file < 0)
		return errno;
	error = write_all(file, data->bytes, data->size);
	if (!error && masked && fchmod(file, (unsigned)how->mode))
		error = errno;
	if (!error && how->mtime != INT64_MIN && futimens(file, times))
		error = errno;
	if (close(file) && !error && errno != EINTR) /* Linux has closed it in any case */
		error = errno;
	return error;
}

static int make_all(int top, int64_t count, const struct effect *effects, const char *names, const struct buffer *data, int masked, int64_t *failed)
{
	for (int64_t number = 0; number < count; number++) {
		const struct effect *how = &effects[number];
		const char *name = names, *other = following(name);
		int error = EINVAL;

		names = following(other);
		switch (how->verb) {
		case MKDIR:
			error = mkdirat(top, name, 0755) ? errno : 0;
			break;
		case WRITE:
			error = make_file(top, name, how, &data[number], masked);
			break;
		case SYMLINK:
			error = symlinkat(other, top, name) ? errno : 0;
			break;
		case LINK:
			error = linkat(top, other, top, name, 0) ? errno : 0;
			break;
		}
		if (error) {
			*failed = number;
			return error;
		}
	}
	return 0;
}

/* Create `count` files, directories and links in their order. `names` holds for each its name and its other name (the target of a link, else
 * empty), each ended by a zero byte; `parts` is a list of `count` objects with the buffer protocol. Returns 0, or the errno of the first that
 * failed, with its number in `failed`; an object without a buffer sets Python's error. Called with the GIL held; it is released for the work.
 * When the arguments of a function change, its name must change too: a library built from an older source then counts as missing. */
EXPORTED int nipsys_make_lent(int top, int64_t count, const struct effect *effects, const char *names, PyObject *parts, int masked, int64_t *failed)
{
	struct buffer *data = PyMem_Calloc((size_t)count + 1, sizeof *data);
	int64_t lent = 0;
	int error = ENOMEM;

	while (data && lent < count && !PyObject_GetBuffer(PyList_GetItem(parts, lent), &data[lent], 0))
		lent++;
	if (data && lent == count) {
		PyThreadState *thread = PyEval_SaveThread();
		error = make_all(top, count, effects, names, data, masked, failed);
		PyEval_RestoreThread(thread);
	}
	while (lent > 0)
		PyBuffer_Release(&data[--lent]);
	PyMem_Free(data);
	return error;
}

static int look(int at, const char *name, int flags, struct found *found)
{
	struct seen seen;

	if (syscall(SYS_statx, at, name, flags | AT_SYMLINK_NOFOLLOW, BASIC_STATS, &seen))
		return errno;
	found->mode = seen.mode;
	found->size = (int64_t)seen.size;
	found->mtime = seen.modified.seconds;
	found->inode = (int64_t)seen.inode;
	found->links = seen.links;
	return 0;
}

static int read_file(int top, const char *name, int64_t wanted, char *room, struct found *found)
{
	int error, file = open_again(top, name, O_RDONLY | O_NONBLOCK, 0); /* never block on a FIFO that replaced the file */

	if (file < 0)
		return errno;
	error = look(file, "", AT_EMPTY_PATH, found);
	if (!error && (found->mode & S_IFMT) == S_IFREG && found->size == wanted) {
		while (wanted > 0) {
			ssize_t done = read(file, room, (size_t)wanted);
			if (done < 0 && errno == EINTR)
				continue;
			if (done < 0)
				error = errno;
			if (done <= 0)
				break;
			room += done;
			wanted -= done;
		}
		found->size -= wanted; /* the file shrank while it was read */
	}
	close(file);
	return error;
}

/* Stat `count` files and read those that have the size given in `wanted` (-1: stat only) into `room`, each at the sum of the sizes wanted
 * before it. The status of each, or its errno, is stored in `found`. */
EXPORTED void nipsys_read(int top, int64_t count, const char *names, const int64_t *wanted, char *room, struct found *found)
{
	for (int64_t number = 0; number < count; number++, names = following(names)) {
		if (wanted[number] < 0) {
			found[number].error = look(top, names, 0, &found[number]);
		} else {
			found[number].error = read_file(top, names, wanted[number], room, &found[number]);
			room += wanted[number];
		}
	}
}
