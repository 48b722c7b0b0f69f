#include "internal.h"
#include <linux/openat2.h>
#include <spawn.h>
#include <sys/mman.h>

extern char **environ;

int skiff_spawn(const char *program, const char *const argv[], int log, const int *fds, int count, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int status = posix_spawn_file_actions_init(&actions);
    if (status) return status;
    status = posix_spawnattr_init(&attributes);
    if (status) {
        posix_spawn_file_actions_destroy(&actions);
        return status;
    }
    /* Moved out of the way first, so that no dup2 overwrites a descriptor that is still to be copied. */
    int high[16];
    int moved = 0;
    if (count > 15) status = E2BIG;
    for (; !status && moved < count; moved++) {
        high[moved] = fcntl(fds[moved], F_DUPFD_CLOEXEC, 64);
        if (high[moved] < 0) {
            status = errno;
            break;
        }
    }
    int output = log >= 0 ? fcntl(log, F_DUPFD_CLOEXEC, 64) : open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (!status && output < 0) status = errno;
    if (!status) status = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!status) status = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!status) status = posix_spawn_file_actions_adddup2(&actions, output, 2);
    for (int i = 0; !status && i < count; i++) status = posix_spawn_file_actions_adddup2(&actions, high[i], 3 + i);
    if (!status) status = posix_spawn_file_actions_addclosefrom_np(&actions, 3 + count);
    if (!status) status = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (!status) status = posix_spawnattr_setsigmask(&attributes, &none);
    if (!status) status = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!status) status = posix_spawn(pid, program ? program : "/proc/self/exe", &actions, &attributes, (char *const *)argv, environ);
    for (int i = 0; i < moved; i++) close(high[i]);
    if (output >= 0) close(output);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return status;
}

int skiff_close_from(void *actions, int first) { return posix_spawn_file_actions_addclosefrom_np(actions, first); }

int skiff_inotify(const char *path) {
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) return -errno;
    if (inotify_add_watch(fd, path, IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF) >= 0) return fd;
    int error = -errno;
    close(fd);
    return error;
}

int skiff_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0; }

ssize_t skiff_send(int socket, const void *bytes, size_t size, const int *fds, int count) {
    struct iovec part = {(void *)bytes, size};
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(8 * sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 8) return -E2BIG;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.space;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t skiff_receive(int socket, void *bytes, size_t size, int *fds, int *count) {
    struct iovec part = {bytes, size};
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(8 * sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    ssize_t got;
    do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    int room = *count;
    *count = 0;
    if (got < 0) return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int here = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < here; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            if (*count < room) fds[(*count)++] = fd;
            else close(fd);
        }
    }
    return got;
}

/* A Unix address holds 107 bytes; going through the directory's descriptor makes any path fit. */
static int open_socket(const char *directory, const char *name, struct sockaddr_un *address, int *fd) {
    *fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) return -errno;
    address->sun_family = AF_UNIX;
    int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", *fd, name);
    if (length < 0 || (size_t)length >= sizeof address->sun_path) {
        close(*fd);
        return -ENAMETOOLONG;
    }
    int made = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made >= 0) return made;
    int error = -errno;
    close(*fd);
    return error;
}

int skiff_connect_at(const char *directory, const char *name) {
    struct sockaddr_un address;
    int parent;
    int made = open_socket(directory, name, &address, &parent);
    if (made < 0) return made;
    int status = connect(made, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : made;
    close(parent);
    if (status < 0) close(made);
    return status;
}

int skiff_listen_at(const char *directory, const char *name) {
    struct sockaddr_un address;
    int parent;
    int made = open_socket(directory, name, &address, &parent);
    if (made < 0) return made;
    int status = made;
    unlinkat(parent, name, 0);
    if (bind(made, (struct sockaddr *)&address, sizeof address) < 0 || listen(made, 64) < 0) status = -errno;
    close(parent);
    if (status < 0) close(made);
    return status;
}

int skiff_memory_file(const void *bytes, size_t size) {
    int fd = memfd_create("skiff", MFD_CLOEXEC);
    if (fd < 0) return -errno;
    size_t written = 0;
    while (written < size) {
        ssize_t part = write(fd, (const char *)bytes + written, size - written);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) {
            int error = -errno;
            close(fd);
            return error;
        }
        written += (size_t)part;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

uint64_t skiff_start_time(pid_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0) return 0;
    text[size] = 0;
    char *rest = strrchr(text, ')');
    if (!rest || rest[1] != ' ' || rest[2] == 'Z' || rest[2] == 'X') return 0;
    rest += 2;
    /* The state is field 3, the start time field 22. */
    for (int field = 3; field < 22; field++) {
        rest = strchr(rest, ' ');
        if (!rest) return 0;
        rest++;
    }
    return strtoull(rest, NULL, 10);
}

int skiff_pidfd_open(pid_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

int skiff_open_beneath(int directory, const char *path) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
    return fd < 0 ? -errno : fd;
}

/* ---- shared by the shim and the keeper ---- */

void skiff_fail(int fd, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof text - 1) length = sizeof text - 1;
    if (length > 0 && write(fd, text, (size_t)length) < 0) _exit(126);
    _exit(125);
}

int skiff_write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    size_t size = strlen(text);
    ssize_t wrote = write(fd, text, size);
    int status = wrote < 0 ? -errno : (size_t)wrote == size ? 0 : -EIO;
    close(fd);
    return status;
}

int skiff_replace_file(const char *path, const char *text) {
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary) return -ENAMETOOLONG;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return -errno;
    size_t size = strlen(text);
    int status = 0;
    if (write(fd, text, size) != (ssize_t)size || fsync(fd) < 0) status = errno ? -errno : -EIO;
    close(fd);
    if (!status && rename(temporary, path) < 0) status = -errno;
    if (status) unlink(temporary);
    return status;
}

void skiff_identity(char *text, size_t size) {
    char boot[64] = "";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t got = read(fd, boot, sizeof boot - 1);
        boot[got > 0 ? got : 0] = 0;
        boot[strcspn(boot, "\n")] = 0;
        close(fd);
    }
    snprintf(text, size, "%d %llu %s\n", (int)getpid(), (unsigned long long)skiff_start_time(getpid()), boot);
}

void skiff_settle(void) {
    const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
    umask(022);
}

void skiff_timestamp(char text[31]) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    snprintf(
        text, 31, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", (utc.tm_year + 1900) % 10000, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
        utc.tm_min, utc.tm_sec, now.tv_nsec);
}
