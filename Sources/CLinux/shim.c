#include "internal.h"
#include <sys/signalfd.h>

/* skiff shim DIRECTORY HOSTNAME COMMANDS-IN-NODE COMMANDS-IN-POD FLAGS: holds one pod. DIRECTORY is the pod's; descriptors: 3 takes
   the report, 4 listens, 5 is the node's network namespace, 6 its user namespace when there is one. `#PID` in the commands
   stands for the shim's process. FLAGS: r rootless, h the pod uses the node's network.

   A client sends one message at a time:
     start NAME ATTEMPT   + launch          → ok PID | error TEXT
     signal NAME NUMBER                     → ok | error TEXT
     exec NAME            + launch, in, out, err → exit CODE | error TEXT, when it has ended; closing the connection kills it
     volume NAME          + files           → ok | error TEXT
     folder NAME                            → ok: a directory in memory
     watch                                  → a line for every container now, and at each change
     quit                                   → kills what runs, → ok, and ends */

enum { report_fd = 3, listener_fd = 4, node_fd = 5, user_fd = 6, most_containers = 64, most_clients = 128 };

struct container {
    char name[64];
    long attempt;
    pid_t pid;
    int pidfd;
    int code;
    bool exited;
    char started[31], finished[31];
    struct skiff_log log;
    struct skiff_stream *streams[2];
};

struct client {
    int fd;
    bool watches;
    pid_t child;
};

static struct container containers[most_containers];
static size_t container_count;
static struct client clients[most_clients];
static size_t client_count;
static bool rootless, quits;
static int quit_client = -1;

static void say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(int fd, const char *format, ...) {
    char text[1200];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof text) length = sizeof text - 1;
    skiff_send(fd, text, (size_t)length, NULL, 0);
}

static void tell(int fd, const struct container *container) {
    if (container->exited)
        say(fd, "exited %s %ld %d %s %s", container->name, container->attempt, container->code, container->started, container->finished);
    else say(fd, "running %s %ld %d %s", container->name, container->attempt, (int)container->pid, container->started);
}

static void tell_all(const struct container *container) {
    for (size_t i = 0; i < client_count; i++)
        if (clients[i].watches) tell(clients[i].fd, container);
}

static struct container *find(const char *name) {
    for (size_t i = 0; i < container_count; i++)
        if (strcmp(containers[i].name, name) == 0) return &containers[i];
    return NULL;
}

static struct skiff_stream *new_stream(int fd, const char *name) {
    struct skiff_stream *stream = malloc(sizeof *stream);
    if (!stream) return NULL;
    stream->fd = fd;
    stream->name = name;
    stream->length = 0;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return stream;
}

static void close_stream(struct container *container, int index) {
    if (!container->streams[index]) return;
    close(container->streams[index]->fd);
    free(container->streams[index]);
    container->streams[index] = NULL;
    if (!container->streams[0] && !container->streams[1] && container->log.fd >= 0) {
        close(container->log.fd);
        container->log.fd = -1;
    }
}

/* Reads the report of a child: empty when it became its program. */
static bool read_report(int fd, char *text, size_t size) {
    size_t length = 0;
    ssize_t got;
    while (length < size - 1 && ((got = read(fd, text + length, size - 1 - length)) > 0 || (got < 0 && errno == EINTR)))
        if (got > 0) length += (size_t)got;
    text[length] = 0;
    close(fd);
    return length == 0;
}

static void start(int client, const char *name, long attempt, int spec) {
    struct skiff_launch *launch = skiff_launch_read(spec);
    struct container *container = find(name);
    int out[2] = {-1, -1}, err[2] = {-1, -1}, report[2] = {-1, -1};
    if (!launch || strlen(name) >= sizeof container->name || strchr(name, '/')) {
        say(client, "error the container's launch cannot be read");
        skiff_launch_free(launch);
        return;
    }
    if (container && !container->exited) {
        say(client, "error container %s runs already", name);
        skiff_launch_free(launch);
        return;
    }
    if (!container) {
        if (container_count == most_containers) {
            say(client, "error a pod has at most %d containers", most_containers);
            skiff_launch_free(launch);
            return;
        }
        container = &containers[container_count];
        memset(container, 0, sizeof *container);
        container->log.fd = -1;
        container->pidfd = -1;
        container->exited = true;
    }
    close_stream(container, 0);
    close_stream(container, 1);
    struct skiff_log log;
    int status = skiff_log_open(&log, launch->log ? launch->log : "/dev/null");
    if (status || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0) {
        say(client, "error open %s: %s", launch->log ? launch->log : "pipes", strerror(status ? -status : errno));
        skiff_launch_free(launch);
        return;
    }
    /* The program is process 1 of its own PID namespace: when it ends, the kernel ends all it has started. */
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        setsid();
        int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (input < 0 || dup2(input, 0) < 0 || dup2(out[1], 1) < 0 || dup2(err[1], 2) < 0)
            skiff_fail(report[1], "standard streams: %s", strerror(errno));
        skiff_enter_root(launch, rootless, report[1]);
        skiff_become(launch, rootless, report[1]);
    }
    int error = errno;
    close(out[1]);
    close(err[1]);
    close(report[1]);
    skiff_launch_free(launch);
    char text[1024];
    if (pid < 0 || !read_report(report[0], text, sizeof text)) {
        if (pid < 0) {
            snprintf(text, sizeof text, "make the container's namespaces: %s", strerror(error));
            close(report[0]);
        } else {
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
        }
        close(out[0]);
        close(err[0]);
        close(log.fd);
        say(client, "error %s", text);
        return;
    }
    if (container->pidfd >= 0) close(container->pidfd);
    if (container == &containers[container_count]) container_count++;
    snprintf(container->name, sizeof container->name, "%s", name);
    container->attempt = attempt;
    container->pid = pid;
    container->pidfd = skiff_pidfd_open(pid);
    fcntl(container->pidfd, F_SETFD, FD_CLOEXEC);
    container->exited = false;
    container->code = 0;
    container->log = log;
    container->streams[0] = new_stream(out[0], "stdout");
    container->streams[1] = new_stream(err[0], "stderr");
    skiff_timestamp(container->started);
    char path[160], line[64];
    snprintf(path, sizeof path, "containers/%s/%ld.start", container->name, attempt);
    snprintf(line, sizeof line, "%s\n", container->started);
    skiff_replace_file(path, line);
    say(client, "ok %d", (int)pid);
    tell_all(container);
}

static void record_exit(struct container *container, int status) {
    /* What it wrote last is read before its end is told. */
    for (int i = 0; i < 2; i++) {
        for (int rounds = 0; container->streams[i] && rounds < 256; rounds++) {
            struct pollfd wait = {container->streams[i]->fd, POLLIN, 0};
            if (poll(&wait, 1, 0) <= 0) break;
            if (!skiff_log_pump(&container->log, container->streams[i])) close_stream(container, i);
        }
    }
    container->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    container->exited = true;
    skiff_timestamp(container->finished);
    char path[160], line[128];
    snprintf(path, sizeof path, "containers/%s/%ld.exit", container->name, container->attempt);
    snprintf(line, sizeof line, "%d %s %s\n", container->code, container->started, container->finished);
    skiff_replace_file(path, line);
    tell_all(container);
}

static void reap(void) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < container_count; i++)
            if (!containers[i].exited && containers[i].pid == pid) record_exit(&containers[i], status);
        for (size_t i = 0; i < client_count; i++) {
            if (clients[i].child != pid) continue;
            clients[i].child = 0;
            say(clients[i].fd, "exit %d", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
}

static void execute(struct client *client, const char *name, int *fds, int count) {
    struct container *container = find(name);
    if (!container || container->exited || count != 4 || client->child) {
        say(client->fd, "error container %s is not running", name);
        for (int i = 0; i < count; i++) close(fds[i]);
        return;
    }
    struct skiff_launch *launch = skiff_launch_read(fds[0]);
    int report[2];
    if (!launch || pipe2(report, O_CLOEXEC) < 0) {
        say(client->fd, "error the command cannot be read");
        for (int i = 1; i < count; i++) close(fds[i]);
        skiff_launch_free(launch);
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        if (setns(container->pidfd, CLONE_NEWPID | CLONE_NEWNS) < 0) skiff_fail(report[1], "enter the container: %s", strerror(errno));
        pid_t inner = fork();
        if (inner < 0) skiff_fail(report[1], "fork: %s", strerror(errno));
        if (inner == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
            for (int i = 0; i < 3; i++) dup2(fds[i + 1], i);
            skiff_become(launch, rootless, report[1]);
        }
        close_range(3, ~0U, 0);
        int status;
        while (waitpid(inner, &status, 0) < 0 && errno == EINTR) continue;
        _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
    for (int i = 1; i < count; i++) close(fds[i]);
    close(report[1]);
    skiff_launch_free(launch);
    char text[1024];
    if (pid > 0 && read_report(report[0], text, sizeof text)) {
        client->child = pid;
        return;
    }
    if (pid < 0) close(report[0]);
    else while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    say(client->fd, "error %s", pid < 0 ? strerror(errno) : text);
}

static bool is_plain(const char *name) { return *name && *name != '.' && !strchr(name, '/'); }

/* One message of a client. False when it is gone. */
static bool serve(struct client *client) {
    char message[512], name[256], path[320];
    int fds[4], count = 4;
    long number = 0;
    ssize_t got = skiff_receive(client->fd, message, sizeof message - 1, fds, &count);
    if (got == -EAGAIN) return true;
    if (got <= 0) {
        if (client->child) kill(-client->child, SIGKILL);
        return false;
    }
    message[got] = 0;
    int used = 0;
    if (count == 1 && sscanf(message, "start %255s %ld", name, &number) == 2 && is_plain(name)) {
        used = 1;
        start(client->fd, name, number, fds[0]);
    } else if (sscanf(message, "exec %255s", name) == 1) {
        used = count;
        execute(client, name, fds, count);
    } else if (sscanf(message, "signal %255s %ld", name, &number) == 2) {
        struct container *container = find(name);
        if (!container || container->exited) say(client->fd, "error container %s is not running", name);
        else if (kill(container->pid, (int)number) < 0) say(client->fd, "error %s", strerror(errno));
        else say(client->fd, "ok");
    } else if (count == 1 && sscanf(message, "volume %255s", name) == 1 && is_plain(name)) {
        used = 1;
        snprintf(path, sizeof path, "memory/%s", name);
        int status = skiff_volume_write(path, fds[0]);
        if (status) say(client->fd, "error write volume %s: %s", name, strerror(-status));
        else say(client->fd, "ok");
    } else if (sscanf(message, "folder %255s", name) == 1 && is_plain(name)) {
        snprintf(path, sizeof path, "memory/%s", name);
        if (mkdir(path, 0777) < 0 && errno != EEXIST) say(client->fd, "error make volume %s: %s", name, strerror(errno));
        else if (chmod(path, 0777) < 0) say(client->fd, "error make volume %s: %s", name, strerror(errno));
        else say(client->fd, "ok");
    } else if (strcmp(message, "watch") == 0) {
        client->watches = true;
        for (size_t i = 0; i < container_count; i++) tell(client->fd, &containers[i]);
        say(client->fd, "synced");
    } else if (strcmp(message, "quit") == 0) {
        quits = true;
        quit_client = client->fd;
        for (size_t i = 0; i < container_count; i++)
            if (!containers[i].exited) kill(containers[i].pid, SIGKILL);
    } else {
        say(client->fd, "error unknown request");
    }
    for (int i = used; i < count; i++) close(fds[i]);
    return true;
}

static void run(const char *commands, int netns, const char *what) {
    char text[8192];
    size_t length = 0;
    for (const char *at = commands; *at && length < sizeof text - 32; at++) {
        if (strncmp(at, "#PID", 4) == 0) {
            length += (size_t)snprintf(text + length, 24, "%d", (int)getpid());
            at += 3;
        } else {
            text[length++] = *at;
        }
    }
    text[length] = 0;
    const char *problem = *text ? skiff_ip(text, netns) : NULL;
    if (problem) skiff_fail(report_fd, "%s: %s", what, problem);
}

static void set_up(char **argv) {
    bool host_network = strchr(argv[6], 'h');
    rootless = strchr(argv[6], 'r');
    if (chdir(argv[2]) < 0) skiff_fail(report_fd, "%s: %s", argv[2], strerror(errno));
    if (rootless && setns(user_fd, CLONE_NEWUSER) < 0) skiff_fail(report_fd, "enter the node's user namespace: %s", strerror(errno));
    if (rootless) close(user_fd);
    if (host_network && setns(node_fd, CLONE_NEWNET) < 0) skiff_fail(report_fd, "enter the node's network: %s", strerror(errno));
    if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | (host_network ? 0 : CLONE_NEWNET)) < 0)
        skiff_fail(report_fd, "make the pod's namespaces: %s", strerror(errno));
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) skiff_fail(report_fd, "make mounts private: %s", strerror(errno));
    if (sethostname(argv[3], strlen(argv[3])) < 0) skiff_fail(report_fd, "set the hostname: %s", strerror(errno));
    if (!host_network) {
        skiff_write_text("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
        run(argv[4], node_fd, "attach the pod to the node's network");
        run(argv[5], -1, "set up the pod's network");
    }
    close(node_fd);
    if (mount("tmpfs", "memory", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
        skiff_fail(report_fd, "mount the pod's memory: %s", strerror(errno));
    umask(0);
    mkdir("memory/shm", 01777);
    umask(022);
    char identity[128];
    skiff_identity(identity, sizeof identity);
    int status = skiff_replace_file("shim", identity);
    if (status) skiff_fail(report_fd, "%s/shim: %s", argv[2], strerror(-status));
    prctl(PR_SET_NAME, "skiff-shim", 0, 0, 0);
    if (write(report_fd, "ok", 2) != 2) _exit(1);
    close(report_fd);
}

int skiff_shim_main(int argc, char **argv) {
    if (argc < 7) return 64;
    skiff_settle();
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    fcntl(listener_fd, F_SETFD, FD_CLOEXEC);
    fcntl(listener_fd, F_SETFL, O_NONBLOCK);
    set_up(argv);

    static struct pollfd waits[2 + most_clients + 2 * most_containers];
    while (true) {
        bool running = false;
        for (size_t i = 0; i < container_count; i++) running |= !containers[i].exited;
        if (quits && !running) break;
        nfds_t count = 0;
        waits[count++] = (struct pollfd){signals, POLLIN, 0};
        waits[count++] = (struct pollfd){client_count < most_clients ? listener_fd : -1, POLLIN, 0};
        for (size_t i = 0; i < client_count; i++) waits[count++] = (struct pollfd){clients[i].fd, POLLIN, 0};
        size_t served = client_count, watched = container_count;
        for (size_t i = 0; i < watched; i++)
            for (int k = 0; k < 2; k++)
                waits[count++] = (struct pollfd){containers[i].streams[k] ? containers[i].streams[k]->fd : -1, POLLIN, 0};
        if (poll(waits, count, -1) < 0) continue;
        if (waits[0].revents) {
            struct signalfd_siginfo info;
            while (read(signals, &info, sizeof info) == sizeof info) continue;
            reap();
        }
        for (size_t i = 0; i < watched; i++)
            for (int k = 0; k < 2; k++) {
                struct container *container = &containers[i];
                struct pollfd *wait = &waits[2 + served + 2 * i + (size_t)k];
                if (!wait->revents || !container->streams[k] || container->streams[k]->fd != wait->fd) continue;
                if (!skiff_log_pump(&container->log, container->streams[k])) close_stream(container, k);
            }
        size_t kept = 0;
        for (size_t i = 0; i < served; i++) {
            bool alive = !waits[2 + i].revents || serve(&clients[i]);
            if (!alive) close(clients[i].fd);
            else clients[kept++] = clients[i];
        }
        client_count = kept;
        if (waits[1].revents) {
            int client = accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (client >= 0) clients[client_count++] = (struct client){.fd = client};
        }
    }
    unlink("shim");
    if (quit_client >= 0) say(quit_client, "ok");
    return 0;
}
