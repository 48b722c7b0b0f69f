#include "internal.h"

/* skiff netns-keeper DIRECTORY ROOTLESS COMMANDS: holds the node's user and network namespace for as long as the node's pods
   live, longer than skiff. Descriptors: 3 takes the report, 4 listens. A client may ask, one letter a message:
   t a TCP socket, u a UDP socket (made inside), i TEXT `ip` commands, f TEXT `nft` rules, n the network namespace, a pipe in which something is to
   be read once the keeper ends by itself, and the user namespace if there is one; p + a process (its pidfd) that ends with it then.
   It ends by itself when nobody can find it any more: when its directory is removed. */

static int write_maps(uid_t uid, gid_t gid) {
    char text[64];
    int status = skiff_write_text("/proc/self/setgroups", "deny");
    if (status && status != -ENOENT) return status;
    snprintf(text, sizeof text, "0 %u 1", (unsigned)uid);
    if ((status = skiff_write_text("/proc/self/uid_map", text))) return status;
    snprintf(text, sizeof text, "0 %u 1", (unsigned)gid);
    return skiff_write_text("/proc/self/gid_map", text);
}

/* The number in a file; -1 where there is none. */
static long number_in(const char *path) {
    char text[32];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0) return -1;
    text[got] = 0;
    return strtol(text, NULL, 10);
}

/* Says what forbids user namespaces here, and how to allow them. */
_Noreturn static void refuse(int report, int error) {
    static const struct { const char *path, *setting; long forbids, allows; } settings[] = {
        {"/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", 0, 15000},
        {"/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", 0, 1},
        {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "kernel.apparmor_restrict_unprivileged_userns", 1, 0}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (number_in(settings[i].path) == settings[i].forbids)
            skiff_fail(
                report, "this kernel forbids user namespaces: %s is %ld; `sudo sysctl %s=%ld` allows them, or run skiff as root",
                settings[i].setting, settings[i].forbids, settings[i].setting, settings[i].allows);
    if (error == ENOSPC)
        skiff_fail(
            report, "this kernel allows no more user namespaces: user.max_user_namespaces is %ld; a larger number allows them",
            number_in(settings[0].path));
    if (access("/proc/self/ns/user", F_OK) < 0)
        skiff_fail(report, "this kernel was built without user namespaces; run skiff as root");
    skiff_fail(
        report,
        "user namespaces are forbidden here (%s), as they are in most containers: run the container with --privileged or "
        "--security-opt seccomp=unconfined, or skiff as root on a machine",
        strerror(error));
}

/* What the keeper holds: the namespaces, both ends of the pipe that tells of its end, and the process that ends with it. */
static struct {
    int net, user, life[2], companion;
} held = {-1, -1, {-1, -1}, -1};

static void answer_socket(int client, int type) {
    int made = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const char *reply = made >= 0 ? "ok" : strerror(errno);
    skiff_send(client, reply, strlen(reply), &made, made >= 0 ? 1 : 0);
    if (made >= 0) close(made);
}

static void answer(int client) {
    char message[4096];
    int companion = -1, count = 1;
    ssize_t got = skiff_receive(client, message, sizeof message - 1, &companion, &count);
    if (got <= 0) return;
    message[got] = 0;
    if (message[0] != 'p' && companion >= 0) close(companion);
    const char *reply = "ok";
    switch (message[0]) {
    case 't': return answer_socket(client, SOCK_STREAM);
    case 'u': return answer_socket(client, SOCK_DGRAM);
    case 'n': {
        int fds[] = {held.net, held.life[0], held.user};
        skiff_send(client, reply, strlen(reply), fds, held.user >= 0 ? 3 : 2);
        return;
    }
    case 'p':
        if (held.companion >= 0) close(held.companion);
        held.companion = companion;
        break;
    case 'i':
    case 'f': {
        const char *problem = message[0] == 'i' ? skiff_ip(message + 1, -1) : skiff_nft(message + 1);
        if (problem) reply = problem;
        break;
    }
    default: reply = "what?";
    }
    skiff_send(client, reply, strlen(reply), NULL, 0);
}

/* Whether the file by which the keeper is found is gone, and with it, as a rule, the whole state directory. Its going is heard
   of by the directory's watch: the directory itself tells nothing while it is this process's own. */
static bool is_forgotten(int watch) {
    char news[4096];
    while (read(watch, news, sizeof news) > 0) continue;
    return access("identity", F_OK) < 0 && errno == ENOENT;
}

int skiff_keeper_main(int argc, char **argv) {
    enum { report = 3, listener = 4 };
    if (argc < 5) return 64;
    skiff_settle();
    bool rootless = strcmp(argv[3], "rootless") == 0;
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (chdir(argv[2]) < 0) skiff_fail(report, "%s: %s", argv[2], strerror(errno));
    if (rootless) {
        if (unshare(CLONE_NEWUSER) < 0) refuse(report, errno);
        int status = write_maps(uid, gid);
        if (status) refuse(report, -status);
    }
    if (unshare(CLONE_NEWNET) < 0) skiff_fail(report, "make the node's network namespace: %s", strerror(errno));
    held.net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (rootless) held.user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    if (held.net < 0 || (rootless && held.user < 0)) skiff_fail(report, "open namespaces: %s", strerror(errno));
    if (pipe2(held.life, O_CLOEXEC) < 0) skiff_fail(report, "make a pipe: %s", strerror(errno));
    skiff_write_text("/proc/sys/net/ipv4/ip_forward", "1");
    skiff_write_text("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    skiff_write_text("/proc/sys/net/ipv4/ip_nonlocal_bind", "1");
    const char *problem = skiff_ip(argv[4], -1);
    if (problem) skiff_fail(report, "set up the node's network: %s", problem);
    char identity[128];
    skiff_identity(identity, sizeof identity);
    int status = skiff_replace_file("identity", identity);
    if (status) skiff_fail(report, "%s/identity: %s", argv[2], strerror(-status));
    /* Without it, which is rare, an orphan stays. */
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch >= 0) inotify_add_watch(watch, ".", IN_DELETE);
    if (write(report, "ok", 2) != 2) return 1;
    close(report);
    prctl(PR_SET_NAME, "skiff-node", 0, 0, 0);
    fcntl(listener, F_SETFD, FD_CLOEXEC);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    while (true) {
        struct pollfd waits[] = {{listener, POLLIN, 0}, {watch, POLLIN, 0}};
        if (poll(waits, 2, -1) < 0) continue;
        if (waits[1].revents && is_forgotten(watch)) break;
        if (!waits[0].revents) continue;
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) continue;
        struct timeval patience = {2, 0};
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        answer(client);
        close(client);
    }
    if (write(held.life[1], "", 1) < 0) { /* cannot be: the pipe is empty */
    }
    if (held.companion >= 0) syscall(SYS_pidfd_send_signal, held.companion, SIGKILL, NULL, 0);
    return 0;
}
