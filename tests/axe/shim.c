// Writes down what a process does to the files below one folder, so that a power cut can be played afterwards.
//
// Loaded with LD_PRELOAD. KHETTARA_SHIM_ROOT is the folder, KHETTARA_SHIM_LOG the file that is written,
// KHETTARA_SHIM_OPS and KHETTARA_SHIM_SYNCS the number of the operation, or of the sync among them, before which the
// process kills itself (none or 0: never).
// A record is: kind [1], inode, a, b [8 each], length [4], bytes; all in the machine's own order. Each is written
// after its operation was done, both under one lock: an operation that is not in the log was not finished.
//
//   C inode, parent; name      a file was made            D inode, parent; name   a folder was made
//   W inode, offset; bytes     bytes were written         T inode, length         a file was cut, or made longer
//   R inode, from, to; names   a name was changed         U -, parent; name       a name was removed
//   S inode                    fsync, fdatasync           M inode                 a shared mapping that can be written
//
// fsync and fdatasync are written down and not done: no power is cut here but by the reader of the log.
// sync_file_range is not even written down: it makes nothing durable.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_len;
static int log_fd = -1;
static long ops_left, syncs_left;

__attribute__((constructor)) static void begin(void) {
    const char *dir = getenv("KHETTARA_SHIM_ROOT"), *log = getenv("KHETTARA_SHIM_LOG");
    const char *ops = getenv("KHETTARA_SHIM_OPS"), *syncs = getenv("KHETTARA_SHIM_SYNCS");
    if (!dir || !log || strlen(dir) >= sizeof root) return;
    strcpy(root, dir);
    root_len = strlen(root);
    ops_left = ops ? atol(ops) : 0;
    syncs_left = syncs ? atol(syncs) : 0;
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_below(const char *path) {
    return log_fd >= 0 && !strncmp(path, root, root_len) && (path[root_len] == '/' || !path[root_len]);
}

// Whether an open file lies below the folder; its state then.
static int is_ours(int fd, struct stat *st) {
    char link[40], path[PATH_MAX];
    if (log_fd < 0 || fd < 0 || fd == log_fd) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 0) return 0;
    path[len] = 0;
    return is_below(path) && !fstat(fd, st);
}

// The path that a call names, where it lies below the folder.
static int names_ours(int dir, const char *given, char *path) {
    if (log_fd < 0) return 0;
    if (given[0] == '/' || dir == AT_FDCWD) {
        if (snprintf(path, PATH_MAX, "%s", given) >= PATH_MAX) return 0;
    } else {
        char link[40];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        ssize_t len = readlink(link, path, PATH_MAX - 1);
        if (len < 0 || snprintf(path + len, PATH_MAX - (size_t)len, "/%s", given) >= PATH_MAX - len) return 0;
    }
    return is_below(path);
}

static const char *name_in(const char *path) { return strrchr(path, '/') + 1; }

static uint64_t parent_of(const char *path) {
    char dir[PATH_MAX];
    struct stat st;
    size_t len = (size_t)(strrchr(path, '/') - path);
    memcpy(dir, path, len);
    dir[len] = 0;
    return stat(dir, &st) ? 0 : st.st_ino;
}

static void die_if_last(long *left) {
    if (*left > 0 && --*left == 0) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
}

static void die_if_due(void) { die_if_last(&ops_left); }

static void note(char kind, uint64_t inode, uint64_t a, uint64_t b, const void *bytes, size_t len) {
    char head[29];
    uint32_t short_len = (uint32_t)len;
    head[0] = kind;
    memcpy(head + 1, &inode, 8);
    memcpy(head + 9, &a, 8);
    memcpy(head + 17, &b, 8);
    memcpy(head + 25, &short_len, 4);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, len}};
    int before = errno;
    if (syscall(SYS_writev, log_fd, parts, len ? 2 : 1) != (long)(sizeof head + len)) {
        // A log with a gap would tell lies.
        static const char said[] = "the shim cannot write its log\n";
        syscall(SYS_write, 2, said, sizeof said - 1);
        _exit(97);
    }
    errno = before;
}

static int do_open(int dir, const char *given, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || !names_ours(dir, given, path))
        return (int)syscall(SYS_openat, dir, given, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat before, after;
    int was = !stat(path, &before);
    die_if_due();
    int fd = (int)syscall(SYS_openat, dir, given, flags, mode);
    if (fd >= 0 && !fstat(fd, &after)) {
        if (!was) note('C', after.st_ino, parent_of(path), 0, name_in(path), strlen(name_in(path)));
        else if ((flags & O_TRUNC) && before.st_size) note('T', after.st_ino, 0, 0, "", 0);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }
int open(const char *path, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE(flags, mode) return do_open(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE(flags, mode) return do_open(dir, path, flags | O_LARGEFILE, mode); }
int creat(const char *path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static ssize_t do_write(int fd, const void *bytes, size_t len, int has_place, off_t place) {
    struct stat st;
    if (!is_ours(fd, &st))
        return has_place ? syscall(SYS_pwrite64, fd, bytes, len, place) : syscall(SYS_write, fd, bytes, len);
    pthread_mutex_lock(&lock);
    die_if_due();
    off_t at = place;
    if (fcntl(fd, F_GETFL) & O_APPEND) at = fstat(fd, &st) ? 0 : st.st_size;
    else if (!has_place) at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = has_place ? syscall(SYS_pwrite64, fd, bytes, len, place) : syscall(SYS_write, fd, bytes, len);
    if (done > 0) note('W', st.st_ino, (uint64_t)at, 0, bytes, (size_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}
ssize_t write(int fd, const void *bytes, size_t len) { return do_write(fd, bytes, len, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) { return do_write(fd, bytes, len, 1, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) { return do_write(fd, bytes, len, 1, at); }

// Writing less than was asked is allowed, so only the first piece is written where the file is ours.
ssize_t writev(int fd, const struct iovec *parts, int count) {
    struct stat st;
    if (!is_ours(fd, &st)) return syscall(SYS_writev, fd, parts, count);
    for (int n = 0; n < count; n++)
        if (parts[n].iov_len) return do_write(fd, parts[n].iov_base, parts[n].iov_len, 0, 0);
    return 0;
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    for (int n = 0; n < count; n++)
        if (parts[n].iov_len) return do_write(fd, parts[n].iov_base, parts[n].iov_len, 1, at);
    return 0;
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return pwritev(fd, parts, count, at); }

// What the kernel would copy by itself is refused, so that the caller writes it.
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t len, unsigned flags) {
    struct stat st;
    if (is_ours(out, &st)) { errno = ENOSYS; return -1; }
    return syscall(SYS_copy_file_range, in, in_at, out, out_at, len, flags);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t len) {
    struct stat st;
    if (is_ours(out, &st)) { errno = EINVAL; return -1; }
    return syscall(SYS_sendfile, out, in, at, len);
}
ssize_t sendfile(int out, int in, off_t *at, size_t len) { return sendfile64(out, in, at, len); }

int ftruncate(int fd, off_t len) {
    struct stat st;
    if (!is_ours(fd, &st)) return (int)syscall(SYS_ftruncate, fd, len);
    pthread_mutex_lock(&lock);
    die_if_due();
    int done = (int)syscall(SYS_ftruncate, fd, len);
    if (!done) note('T', st.st_ino, (uint64_t)len, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int ftruncate64(int fd, off64_t len) { return ftruncate(fd, len); }
int fallocate(int fd, int mode, off_t at, off_t len) {
    struct stat st;
    if (!is_ours(fd, &st)) return (int)syscall(SYS_fallocate, fd, mode, at, len);
    errno = EOPNOTSUPP;
    return -1;
}
int fallocate64(int fd, int mode, off64_t at, off64_t len) { return fallocate(fd, mode, at, len); }
int posix_fallocate(int fd, off_t at, off_t len) {
    struct stat st;
    if (is_ours(fd, &st)) return EOPNOTSUPP;
    return syscall(SYS_fallocate, fd, 0, at, len) ? errno : 0;
}
int posix_fallocate64(int fd, off64_t at, off64_t len) { return posix_fallocate(fd, at, len); }

static int do_sync(int fd, long number) {
    struct stat st;
    if (!is_ours(fd, &st)) return (int)syscall(number, fd);
    pthread_mutex_lock(&lock);
    die_if_due();
    die_if_last(&syncs_left);
    note('S', st.st_ino, 0, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return 0;
}
int fsync(int fd) { return do_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return do_sync(fd, SYS_fdatasync); }

static int do_rename(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX], names[2 * PATH_MAX];
    struct stat st;
    int ours = names_ours(from_dir, from, old) & names_ours(to_dir, to, new);
    if (!ours) return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    pthread_mutex_lock(&lock);
    die_if_due();
    int known = !lstat(old, &st);
    int done = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    if (!done && known) {
        int len = snprintf(names, sizeof names, "%s/%s", name_in(old), name_in(new));
        note('R', st.st_ino, parent_of(old), parent_of(new), names, (size_t)len);
    }
    pthread_mutex_unlock(&lock);
    return done;
}
int rename(const char *from, const char *to) { return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return do_rename(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return do_rename(a, from, b, to, flags); }

static int do_unlink(int dir, const char *given, int flags) {
    char path[PATH_MAX];
    if (!names_ours(dir, given, path)) return (int)syscall(SYS_unlinkat, dir, given, flags);
    pthread_mutex_lock(&lock);
    die_if_due();
    int done = (int)syscall(SYS_unlinkat, dir, given, flags);
    if (!done) note('U', 0, parent_of(path), 0, name_in(path), strlen(name_in(path)));
    pthread_mutex_unlock(&lock);
    return done;
}
int unlink(const char *path) { return do_unlink(AT_FDCWD, path, 0); }
int unlinkat(int dir, const char *path, int flags) { return do_unlink(dir, path, flags); }
int rmdir(const char *path) { return do_unlink(AT_FDCWD, path, AT_REMOVEDIR); }

static int do_mkdir(int dir, const char *given, mode_t mode) {
    char path[PATH_MAX];
    struct stat st;
    if (!names_ours(dir, given, path)) return (int)syscall(SYS_mkdirat, dir, given, mode);
    pthread_mutex_lock(&lock);
    die_if_due();
    int done = (int)syscall(SYS_mkdirat, dir, given, mode);
    if (!done && !stat(path, &st)) note('D', st.st_ino, parent_of(path), 0, name_in(path), strlen(name_in(path)));
    pthread_mutex_unlock(&lock);
    return done;
}
int mkdir(const char *path, mode_t mode) { return do_mkdir(AT_FDCWD, path, mode); }
int mkdirat(int dir, const char *path, mode_t mode) { return do_mkdir(dir, path, mode); }

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset) {
    struct stat st;
    if ((prot & PROT_WRITE) && (flags & MAP_SHARED) && !(flags & MAP_ANONYMOUS) && is_ours(fd, &st)) {
        pthread_mutex_lock(&lock);
        note('M', st.st_ino, 0, 0, "", 0);
        pthread_mutex_unlock(&lock);
    }
    return (void *)syscall(SYS_mmap, at, len, prot, flags, fd, offset);
}
void *mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t offset) { return mmap(at, len, prot, flags, fd, offset); }
