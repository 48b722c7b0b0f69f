#include "internal.h"
#include <dirent.h>
#include <linux/openat2.h>
#include <sys/sysmacros.h>

/* Not in every libc's headers yet. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif

static const char root[] = "root";

static int open_tree_at(int directory, const char *path) {
    return (int)syscall(SYS_open_tree, directory, path, OPEN_TREE_CLONE | O_CLOEXEC | AT_RECURSIVE | (*path ? 0 : AT_EMPTY_PATH));
}

enum { attribute_readonly = 1, attribute_nosuid = 2, attribute_nodev = 4 };

static int set_attributes(int fd, const char *path, bool recursive, uint64_t set) {
    struct { uint64_t set, clear, propagation, userns; } attributes = {.set = set};
    return (int)syscall(
        SYS_mount_setattr, fd, path, (recursive ? AT_RECURSIVE : 0) | (*path ? 0 : AT_EMPTY_PATH), &attributes, sizeof attributes);
}

static int set_read_only(int fd, const char *path, bool recursive) {
    return set_attributes(fd, path, recursive, attribute_readonly);
}

static int attach(int tree, const char *target) {
    return (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}

static int bind_tree(const char *source, const char *target, bool readonly) {
    int tree = open_tree_at(AT_FDCWD, source);
    if (tree < 0) return -1;
    int status = readonly ? set_read_only(tree, "", true) : 0;
    if (!status) status = attach(tree, target);
    int saved = errno;
    close(tree);
    errno = saved;
    return status;
}

static void copy_file(const char *source, const char *target) {
    char bytes[8192];
    int from = open(source, O_RDONLY | O_CLOEXEC);
    if (from < 0) return;
    int to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ssize_t got;
    while (to >= 0 && (got = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)got) != got) break;
    close(from);
    if (to >= 0) close(to);
}

/* A writable layer over `lower` that is gone with the container. `prepare` may put files into the upper layer. */
static int overlay(const char *lower, const char *target, bool rootless, void (*prepare)(void)) {
    char options[PATH_MAX + 128];
    if (mount("tmpfs", "scratch", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0) return -1;
    mkdir("scratch/upper", 0755);
    mkdir("scratch/work", 0755);
    if (prepare) prepare();
    snprintf(
        options, sizeof options, "lowerdir=%s,upperdir=scratch/upper,workdir=scratch/work%s", lower, rootless ? ",userxattr" : "");
    int status = mount("overlay", target, "overlay", MS_NODEV, options);
    int saved = errno;
    umount2("scratch", MNT_DETACH);
    errno = saved;
    return status;
}

static const char *const pod_files[] = {"resolv.conf", "hosts", "hostname"};

static void put_pod_files(void) {
    char from[64], to[64];
    for (size_t i = 0; i < sizeof pod_files / sizeof *pod_files; i++) {
        snprintf(from, sizeof from, "etc/%s", pod_files[i]);
        snprintf(to, sizeof to, "scratch/upper/%s", pod_files[i]);
        copy_file(from, to);
    }
}

static void make_etc(bool rootless, int report) {
    if (overlay("/etc", "root/etc", rootless, put_pod_files) == 0) return;
    /* Kernels without overlays in user namespaces: the host's, read-only, with the pod's files over its own. */
    if (bind_tree("/etc", "root/etc", true) < 0) skiff_fail(report, "mount /etc: %s", strerror(errno));
    for (size_t i = 0; i < sizeof pod_files / sizeof *pod_files; i++) {
        char from[64], to[64];
        snprintf(from, sizeof from, "etc/%s", pod_files[i]);
        snprintf(to, sizeof to, "root/etc/%s", pod_files[i]);
        bind_tree(from, to, false);
    }
}

static void make_dev(int report) {
    static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
    if (mount("tmpfs", "root/dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=0755,size=65536k") < 0)
        skiff_fail(report, "mount /dev: %s", strerror(errno));
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "/dev/%s", devices[i]);
        snprintf(to, sizeof to, "root/dev/%s", devices[i]);
        int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (fd >= 0) close(fd);
        if (bind_tree(from, to, false) < 0 && i < 5) skiff_fail(report, "mount %s: %s", from, strerror(errno));
    }
    mkdir("root/dev/pts", 0755);
    mkdir("root/dev/shm", 01777);
    mkdir("root/dev/mqueue", 0755);
    if (mount("devpts", "root/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") == 0)
        if (symlink("pts/ptmx", "root/dev/ptmx") < 0) return;
    /* Shared by the containers of a pod, as their IPC namespace is. */
    if (bind_tree("memory/shm", "root/dev/shm", false) < 0) skiff_fail(report, "mount /dev/shm: %s", strerror(errno));
    mount("mqueue", "root/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    const char *links[][2] = {
        {"/proc/self/fd", "root/dev/fd"},
        {"/proc/self/fd/0", "root/dev/stdin"},
        {"/proc/self/fd/1", "root/dev/stdout"},
        {"/proc/self/fd/2", "root/dev/stderr"}};
    for (size_t i = 0; i < 4; i++)
        if (symlink(links[i][0], links[i][1]) < 0) return;
}

/* Puts a directory of our own in the place of one of the host's, with everything that is in it, so that there is room for more.
   (A writable layer is not enough without root: in a directory of the real root's nothing may be made.) */
static int mirror(const char *host, const char *place) {
    DIR *directory = opendir(host);
    if (!directory) return -1;
    if (mount("tmpfs", place, "tmpfs", MS_NODEV, "mode=0755") < 0) {
        closedir(directory);
        return -1;
    }
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        char from[PATH_MAX], to[PATH_MAX], link[PATH_MAX];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (snprintf(from, sizeof from, "%s/%s", host, entry->d_name) >= (int)sizeof from) continue;
        if (snprintf(to, sizeof to, "%s/%s", place, entry->d_name) >= (int)sizeof to) continue;
        ssize_t length = readlink(from, link, sizeof link - 1);
        if (length > 0) {
            link[length] = 0;
            if (symlink(link, to) < 0) continue;
            continue;
        }
        if (entry->d_type == DT_DIR) {
            mkdir(to, 0755);
        } else {
            int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
            if (fd >= 0) close(fd);
        }
        bind_tree(from, to, true);
    }
    closedir(directory);
    return 0;
}

/* Volumes wanted below /usr where the host has nothing, as images have their pages. */
static void make_places_in_usr(const struct skiff_launch *launch) {
    for (size_t i = 0; i < launch->mountc; i++) {
        char place[PATH_MAX];
        if (strncmp(launch->mounts[i].target, "/usr/", 5) != 0) continue;
        if (snprintf(place, sizeof place, "root%s", launch->mounts[i].target) >= (int)sizeof place) continue;
        if (access(place, F_OK) == 0) continue;
        /* The nearest directory that is there; one of our own has room already. */
        while (access(place, F_OK) < 0) *strrchr(place, '/') = 0;
        if (access(place, W_OK) < 0) mirror(place + 4, place);
    }
}

/* The host's programs, at the places where its own names for them lead. */
static void make_programs(const struct skiff_launch *launch, int report) {
    static const char *const places[] = {"bin", "sbin", "lib", "lib64", "lib32", "libx32"};
    mkdir("root/usr", 0755);
    if (bind_tree("/usr", "root/usr", true) < 0) skiff_fail(report, "mount /usr: %s", strerror(errno));
    make_places_in_usr(launch);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char from[16], to[32], link[PATH_MAX];
        struct stat facts;
        snprintf(from, sizeof from, "/%s", places[i]);
        snprintf(to, sizeof to, "root/%s", places[i]);
        ssize_t length = readlink(from, link, sizeof link - 1);
        if (length > 0) {
            link[length] = 0;
            if (symlink(link, to) < 0) skiff_fail(report, "link %s: %s", from, strerror(errno));
        } else if (stat(from, &facts) == 0 && S_ISDIR(facts.st_mode)) {
            mkdir(to, 0755);
            if (bind_tree(from, to, true) < 0) skiff_fail(report, "mount %s: %s", from, strerror(errno));
        }
    }
}

static bool is_privileged(const struct skiff_launch *launch) { return launch->capabilities >> 21 & 1; /* CAP_SYS_ADMIN */ }

/* What of /proc is the whole machine's: its root may change it without any capability, so containers see it read-only or empty. */
static void guard_proc(int report) {
    static const char *const readonly[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};
    static const char *const hidden[] = {"kcore", "keys", "timer_list", "sched_debug", "latency_stats"};
    char path[64];
    for (size_t i = 0; i < sizeof readonly / sizeof *readonly; i++) {
        snprintf(path, sizeof path, "root/proc/%s", readonly[i]);
        if (bind_tree(path, path, true) < 0 && errno != ENOENT) skiff_fail(report, "guard %s: %s", path + 4, strerror(errno));
    }
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        snprintf(path, sizeof path, "root/proc/%s", hidden[i]);
        if (access(path, F_OK) == 0 && bind_tree("/dev/null", path, true) < 0)
            skiff_fail(report, "guard %s: %s", path + 4, strerror(errno));
    }
}

/* The volume, or the part of it that is asked for; a part that is not there is made, as kubelet does. */
static int volume_tree(const struct skiff_mount *wanted, int report) {
    if (!*wanted->subpath) {
        int tree = open_tree_at(AT_FDCWD, wanted->source);
        if (tree < 0) skiff_fail(report, "volume for %s: %s: %s", wanted->target, wanted->source, strerror(errno));
        return tree;
    }
    int volume = open(wanted->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (volume < 0) skiff_fail(report, "volume for %s: %s: %s", wanted->target, wanted->source, strerror(errno));
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int part = (int)syscall(SYS_openat2, volume, wanted->subpath, &how, sizeof how);
    if (part < 0 && errno == ENOENT) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s", wanted->subpath);
        char *rest = path;
        int current = fcntl(volume, F_DUPFD_CLOEXEC, 0);
        for (char *name = strsep(&rest, "/"); name && current >= 0; name = strsep(&rest, "/")) {
            if (!*name) continue;
            mkdirat(current, name, 0755);
            int next = openat(current, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            close(current);
            current = next;
        }
        part = current;
    }
    if (part < 0) skiff_fail(report, "failed to prepare subPath for volumeMount %s: %s", wanted->target, strerror(errno));
    int tree = open_tree_at(part, "");
    if (tree < 0) skiff_fail(report, "volume for %s: %s", wanted->target, strerror(errno));
    close(part);
    close(volume);
    return tree;
}

/* Makes the place to mount on: a directory, or a file for a file. False with errno set when it cannot be made. */
static bool make_target(const char *target, bool directory) {
    char path[PATH_MAX];
    struct stat facts;
    if (stat(target, &facts) == 0) return true;
    if (snprintf(path, sizeof path, "%s", target) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0755) < 0 && errno != EEXIST) return false;
        *slash = '/';
    }
    if (directory) return mkdir(path, 0755) == 0 || errno == EEXIST;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    close(fd);
    return true;
}

static int by_target(const void *left, const void *right) {
    return strcmp(((const struct skiff_mount *)left)->target, ((const struct skiff_mount *)right)->target);
}

void skiff_enter_root(const struct skiff_launch *launch, bool rootless, int report) {
    static const struct { const char *path; mode_t mode; } directories[] = {
        {"root/etc", 0755},     {"root/dev", 0755},     {"root/proc", 0555},    {"root/sys", 0555},      {"root/tmp", 01777},
        {"root/run", 0755},     {"root/run/lock", 0755}, {"root/home", 0755},    {"root/root", 0700},     {"root/var", 0755},
        {"root/var/tmp", 01777}, {"root/var/lib", 0755}, {"root/var/log", 0755}, {"root/var/cache", 0755}, {"root/var/spool", 0755},
        {"root/mnt", 0755},     {"root/opt", 0755},     {"root/srv", 0755}};
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) skiff_fail(report, "make mounts private: %s", strerror(errno));
    if (mount("tmpfs", root, "tmpfs", MS_NODEV, "mode=0755") < 0) skiff_fail(report, "mount the root file system: %s", strerror(errno));
    umask(0);
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) mkdir(directories[i].path, directories[i].mode);
    umask(022);
    if (symlink("/run", "root/var/run") < 0) skiff_fail(report, "link /var/run: %s", strerror(errno));
    make_programs(launch, report);
    make_etc(rootless, report);
    make_dev(report);
    if (mount("proc", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        skiff_fail(report, "mount /proc: %s", strerror(errno));
    if (!rootless && !is_privileged(launch)) guard_proc(report);
    if (mount("sysfs", "root/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0) bind_tree("/sys", "root/sys", true);

    /* Outer targets first, so that /a/b lands on what is mounted at /a. The trees are opened while the host's paths are seen. */
    qsort(launch->mounts, launch->mountc, sizeof *launch->mounts, by_target);
    for (size_t i = 0; i < launch->mountc; i++) {
        struct skiff_mount *wanted = &launch->mounts[i];
        wanted->tree = volume_tree(wanted, report);
        /* What a container can write to must not become a device of the host. */
        if (!is_privileged(launch) && set_attributes(wanted->tree, "", true, attribute_nodev) < 0)
            skiff_fail(report, "forbid devices in the volume at %s: %s", wanted->target, strerror(errno));
        if (wanted->readonly && set_read_only(wanted->tree, "", true) < 0)
            skiff_fail(report, "make the volume at %s read-only: %s", wanted->target, strerror(errno));
    }
    int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (chdir(root) < 0) skiff_fail(report, "enter the root file system: %s", strerror(errno));
    if (syscall(SYS_pivot_root, ".", ".") < 0) skiff_fail(report, "pivot_root: %s", strerror(errno));
    for (size_t i = 0; i < launch->mountc; i++) {
        const struct skiff_mount *wanted = &launch->mounts[i];
        struct stat facts;
        bool directory = fstat(wanted->tree, &facts) == 0 && S_ISDIR(facts.st_mode);
        if (!make_target(wanted->target, directory)) skiff_fail(report, "make mountPath %s: %s", wanted->target, strerror(errno));
        if (attach(wanted->tree, wanted->target) < 0) skiff_fail(report, "mount on %s: %s", wanted->target, strerror(errno));
        close(wanted->tree);
    }
    if (fchdir(host) < 0 || umount2(".", MNT_DETACH) < 0) skiff_fail(report, "leave the host's root: %s", strerror(errno));
    close(host);
    if (launch->readonly_root && set_read_only(AT_FDCWD, "/", false) < 0)
        skiff_fail(report, "make the root file system read-only: %s", strerror(errno));
    if (chdir("/") < 0) skiff_fail(report, "chdir: %s", strerror(errno));
}
