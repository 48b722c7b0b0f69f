#include "internal.h"
#include <dirent.h>

/* Removes a tree below an open directory; symbolic links are not followed. */
static void remove_tree(int parent, const char *name) {
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        unlinkat(parent, name, 0);
        return;
    }
    DIR *directory = fdopendir(fd);
    struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) remove_tree(fd, entry->d_name);
    if (directory) closedir(directory);
    else close(fd);
    unlinkat(parent, name, AT_REMOVEDIR);
}

/* Makes a file and the directories on its way. Paths are checked by the API server: relative and without "..". */
static int write_file(int root, char *path, mode_t mode, const char *bytes, size_t size) {
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdirat(root, path, 0755) < 0 && errno != EEXIST) return -errno;
        *slash = '/';
    }
    int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) return -errno;
    int status = 0;
    while (size > 0 && !status) {
        ssize_t part = write(fd, bytes, size);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) status = -errno;
        else bytes += part, size -= (size_t)part;
    }
    if (fchmod(fd, mode) < 0 && !status) status = -errno;
    close(fd);
    return status;
}

/* As kubelet's atomic writer leaves it: files in a fresh directory, `..data` pointing there, and a link for each name. */
int skiff_volume_write(const char *directory, int fd) {
    struct stat facts;
    char *bytes = NULL;
    int status = 0, root = -1, fresh = -1;
    char name[32], old[64] = "";
    struct timespec now;
    if (fstat(fd, &facts) < 0) status = -errno;
    if (!status && !(bytes = malloc((size_t)facts.st_size + 1))) status = -ENOMEM;
    if (!status && pread(fd, bytes, (size_t)facts.st_size, 0) != facts.st_size) status = -EIO;
    close(fd);
    if (!status && mkdir(directory, 0755) < 0 && errno != EEXIST) status = -errno;
    if (!status && (root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) status = -errno;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, sizeof name, "..%lld%09ld", (long long)now.tv_sec, now.tv_nsec);
    if (!status && mkdirat(root, name, 0755) < 0) status = -errno;
    if (!status && (fresh = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) status = -errno;
    if (!status) {
        ssize_t length = readlinkat(root, "..data", old, sizeof old - 1);
        old[length > 0 ? length : 0] = 0;
        bytes[facts.st_size] = 0;
    }
    char *end = bytes ? bytes + facts.st_size : NULL;
    for (char *field = bytes; !status && field < end;) {
        mode_t mode = (mode_t)strtoul(field, NULL, 8);
        char *path = field + strlen(field) + 1;
        if (path >= end) break;
        char *count = path + strlen(path) + 1;
        if (count >= end) break;
        size_t size = strtoull(count, NULL, 10);
        char *content = count + strlen(count) + 1;
        if (content > end || size > (size_t)(end - content)) break;
        status = write_file(fresh, path, mode, content, size);
        field = content + size;
    }
    if (!status) {
        unlinkat(root, "..data_tmp", 0);
        if (symlinkat(name, root, "..data_tmp") < 0 || renameat(root, "..data_tmp", root, "..data") < 0) status = -errno;
    }
    /* Links for what is new, then none for what is gone. */
    DIR *listed = status ? NULL : fdopendir(dup(fresh));
    struct dirent *entry;
    while (listed && (entry = readdir(listed))) {
        char target[300];
        if (entry->d_name[0] == '.' && (!entry->d_name[1] || entry->d_name[1] == '.')) continue;
        snprintf(target, sizeof target, "..data/%s", entry->d_name);
        if (symlinkat(target, root, entry->d_name) < 0 && errno != EEXIST) status = -errno;
    }
    if (listed) closedir(listed);
    listed = status ? NULL : fdopendir(dup(root));
    while (listed && (entry = readdir(listed)))
        if (strncmp(entry->d_name, "..", 2) && strcmp(entry->d_name, ".") && faccessat(fresh, entry->d_name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
            unlinkat(root, entry->d_name, 0);
    if (listed) closedir(listed);
    if (!status && *old && strcmp(old, name)) remove_tree(root, old);
    if (status && root >= 0) remove_tree(root, name);
    if (fresh >= 0) close(fresh);
    if (root >= 0) close(root);
    if (bytes) {
        explicit_bzero(bytes, (size_t)facts.st_size);
        free(bytes);
    }
    return status;
}
