#include "shim.h"
#include <sys/signalfd.h>

/* skiff shim DIRECTORY HOSTNAME COMMANDS-IN-NODE COMMANDS-IN-POD FLAGS: holds one pod. DIRECTORY is the pod's; descriptors: 3 takes
   the report, 4 listens, 5 is the node's network namespace, 6 a pipe in which something is to be read once the keeper of
   that has found their directory removed (the pod ends then, too), 7 its user namespace when there is one. `#PID` in the commands
   stands for the shim's process. FLAGS: r rootless, h the pod uses the node's network.

   A client sends one message at a time:
     start NAME ATTEMPT   + launch          → ok PID | error TEXT
     signal NAME NUMBER                     → ok | error TEXT
     exec NAME            + launch, in, out, err → exit CODE | error TEXT, when it has ended; closing the connection kills it
     terminal NAME        + launch          → terminal + its other end, then as exec
     attach NAME          + out, err        → ok, with a terminal + its other end, with an open standard input + that; out and err get
                                              what the container writes until the connection or the container ends
     shut NAME                              → ok: its standard input ends, if it is for one client alone
     socket                                 → ok + a TCP socket in the pod's network
     volume NAME          + files           → ok | error TEXT
     folder NAME                            → ok: a directory in memory
     watch                                  → a line for every container now, and at each change
     quit                                   → kills what runs, → ok, and ends */

enum { report_fd = 3, listener_fd = 4, node_fd = 5, life_fd = 6, user_fd = 7, most_containers = 64, most_clients = 128 };

static struct container containers[most_containers];
static size_t container_count;
static struct client clients[most_clients];
static size_t client_count;
static bool rootless, quits;
/* The directory is being removed: nothing is put into it any more, nor taken out. */
static bool is_forgotten;
static int quit_client = -1;

void shim_say(int fd, const char *format, ...) {
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
        shim_say(fd, "exited %s %ld %d %s %s", container->name, container->attempt, container->code, container->started, container->finished);
    else shim_say(fd, "running %s %ld %d %s", container->name, container->attempt, (int)container->pid, container->started);
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
    skiff_log_end(&container->log, container->streams[index]);
    shim_copied(container, index);
    close(container->streams[index]->fd);
    free(container->streams[index]);
    container->streams[index] = NULL;
    if (!container->streams[0] && !container->streams[1] && container->log.fd >= 0) {
        close(container->log.fd);
        container->log.fd = -1;
    }
}

static void pump(struct container *container, int index) {
    struct skiff_stream *stream = container->streams[index];
    ssize_t got = skiff_stream_read(stream);
    if (got < 0) return;
    if (got == 0) return close_stream(container, index);
    shim_copy(container, index, stream->line + stream->length, (size_t)got);
    skiff_log_take(&container->log, stream, (size_t)got);
}

static void close_input(struct container *container) {
    if (container->input >= 0) close(container->input);
    container->input = -1;
}

bool shim_report(int fd, char *text, size_t size) {
    size_t length = 0;
    ssize_t got;
    while (length < size - 1 && ((got = read(fd, text + length, size - 1 - length)) > 0 || (got < 0 && errno == EINTR)))
        if (got > 0) length += (size_t)got;
    text[length] = 0;
    close(fd);
    return length == 0;
}

/* The container's streams as its program gets them and as the shim keeps them. */
struct pipes {
    int in[2], out[2], err[2], report[2], terminal[2];
};

static void close_pipes(struct pipes *pipes) {
    int *all = (int *)pipes;
    for (size_t i = 0; i < sizeof *pipes / sizeof *all; i++)
        if (all[i] >= 0) close(all[i]);
}

static bool make_pipes(struct pipes *pipes, const struct skiff_launch *launch) {
    memset(pipes, -1, sizeof *pipes);
    if (pipe2(pipes->report, O_CLOEXEC) < 0) return false;
    if (launch->terminal) return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pipes->terminal) == 0;
    if (pipe2(pipes->out, O_CLOEXEC) < 0 || pipe2(pipes->err, O_CLOEXEC) < 0) return false;
    if (launch->keeps_input) return pipe2(pipes->in, O_CLOEXEC) == 0;
    pipes->in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return pipes->in[0] >= 0;
}

static _Noreturn void begin(const struct skiff_launch *launch, const struct pipes *pipes) {
    int report = pipes->report[1];
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    setsid();
    skiff_enter_root(launch, rootless, report);
    if (launch->terminal) {
        int other = skiff_terminal(launch);
        if (other < 0) skiff_fail(report, "make a terminal: %s", strerror(-other));
        if (skiff_send(pipes->terminal[1], "", 1, &other, 1) < 0) skiff_fail(report, "hand over the terminal: %s", strerror(errno));
    } else if (dup2(pipes->in[0], 0) < 0 || dup2(pipes->out[1], 1) < 0 || dup2(pipes->err[1], 2) < 0) {
        skiff_fail(report, "standard streams: %s", strerror(errno));
    }
    skiff_become(launch, rootless, report);
}

/* The program is process 1 of its own PID namespace: when it ends, the kernel ends all it has started. One that shares another
   container's processes is one among those. */
static pid_t fork_program(const struct skiff_launch *launch, const struct pipes *pipes) {
    unsigned long namespaces = CLONE_NEWNS | CLONE_NEWPID;
    int own = -1;
    if (launch->process_owner) {
        struct container *owner = find(launch->process_owner);
        if (!owner || owner->exited) {
            errno = ESRCH;
            return -1;
        }
        own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
        if (own < 0) return -1;
        if (setns(owner->pidfd, CLONE_NEWPID) < 0) {
            close(own);
            return -1;
        }
        namespaces = CLONE_NEWNS;
    }
    pid_t pid = (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) begin(launch, pipes);
    int error = errno;
    if (own >= 0) {
        setns(own, CLONE_NEWPID);
        close(own);
    }
    errno = error;
    return pid;
}

/* Starts the program and keeps the shim's ends of its streams in `pipes`. NULL, or why it could not be. */
static const char *launch_program(const struct skiff_launch *launch, struct pipes *pipes, pid_t *pid) {
    static char text[1024];
    *pid = fork_program(launch, pipes);
    if (*pid < 0) {
        snprintf(text, sizeof text, "make the container's namespaces: %s", strerror(errno));
        return text;
    }
    int *theirs[] = {&pipes->in[0], &pipes->out[1], &pipes->err[1], &pipes->report[1], &pipes->terminal[1]};
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        if (*theirs[i] >= 0) close(*theirs[i]);
        *theirs[i] = -1;
    }
    bool began = shim_report(pipes->report[0], text, sizeof text);
    pipes->report[0] = -1;
    if (began && launch->terminal) {
        char byte;
        int count = 1;
        if (skiff_receive(pipes->terminal[0], &byte, 1, &pipes->out[0], &count) <= 0 || count != 1) {
            snprintf(text, sizeof text, "the terminal was not handed over");
            kill(*pid, SIGKILL);
            began = false;
        } else {
            pipes->in[1] = fcntl(pipes->out[0], F_DUPFD_CLOEXEC, 0);
        }
    }
    if (began) return NULL;
    while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR) continue;
    return text;
}

/* Where a container of this name is kept; NULL with the reason told. */
static struct container *place(int client, const char *name) {
    struct container *container = find(name);
    if (container && !container->exited) {
        shim_say(client, "error container %s runs already", name);
        return NULL;
    }
    if (container) return container;
    if (container_count == most_containers) {
        shim_say(client, "error a pod has at most %d containers", most_containers);
        return NULL;
    }
    container = &containers[container_count];
    memset(container, 0, sizeof *container);
    container->log.fd = container->pidfd = container->input = -1;
    container->exited = true;
    return container;
}

static void start(int client, const char *name, long attempt, int spec) {
    struct skiff_launch *launch = skiff_launch_read(spec);
    if (!launch || strlen(name) >= sizeof containers->name || strchr(name, '/')) {
        shim_say(client, "error the container's launch cannot be read");
        skiff_launch_free(launch);
        return;
    }
    struct container *container = place(client, name);
    if (!container) {
        skiff_launch_free(launch);
        return;
    }
    close_stream(container, 0);
    close_stream(container, 1);
    struct skiff_log log;
    struct pipes pipes;
    int status = skiff_log_open(&log, launch->log ? launch->log : "/dev/null");
    if (status || !make_pipes(&pipes, launch)) {
        shim_say(client, "error open %s: %s", launch->log ? launch->log : "pipes", strerror(status ? -status : errno));
        if (!status) {
            close_pipes(&pipes);
            close(log.fd);
        }
        skiff_launch_free(launch);
        return;
    }
    pid_t pid;
    const char *problem = launch_program(launch, &pipes, &pid);
    if (problem) {
        close_pipes(&pipes);
        close(log.fd);
        skiff_launch_free(launch);
        shim_say(client, "error %s", problem);
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
    skiff_launch_free(container->launch);
    container->launch = launch;
    container->streams[0] = new_stream(pipes.out[0], "stdout");
    container->streams[1] = pipes.err[0] >= 0 ? new_stream(pipes.err[0], "stderr") : NULL;
    container->input = pipes.in[1];
    if (pipes.terminal[0] >= 0) close(pipes.terminal[0]);
    skiff_timestamp(container->started);
    char path[160], line[64];
    snprintf(path, sizeof path, "containers/%s/%ld.start", container->name, attempt);
    snprintf(line, sizeof line, "%s\n", container->started);
    skiff_replace_file(path, line);
    shim_say(client, "ok %d", (int)pid);
    tell_all(container);
}

static void record_exit(struct container *container, int status) {
    /* What it wrote last is read before its end is told. */
    for (int i = 0; i < 2; i++) {
        for (int rounds = 0; container->streams[i] && rounds < 256; rounds++) {
            struct pollfd wait = {container->streams[i]->fd, POLLIN, 0};
            if (poll(&wait, 1, 0) <= 0) break;
            pump(container, i);
        }
    }
    close_input(container);
    container->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    container->exited = true;
    skiff_timestamp(container->finished);
    char path[160], line[128];
    snprintf(path, sizeof path, "containers/%s/%ld.exit", container->name, container->attempt);
    snprintf(line, sizeof line, "%d %s %s\n", container->code, container->started, container->finished);
    if (!is_forgotten) skiff_replace_file(path, line);
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
            shim_say(clients[i].fd, "exit %d", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
}

static void attach(struct client *client, struct container *container, const int out[2]) {
    if (!shim_attach(client->fd, container, out)) {
        close(out[0]);
        close(out[1]);
        shim_say(client->fd, "error a pod has at most %d attachments", most_attachments);
        return;
    }
    skiff_send(client->fd, "ok", 2, &container->input, container->input >= 0 ? 1 : 0);
}

static void give_socket(int client) {
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) return shim_say(client, "error socket: %s", strerror(errno));
    skiff_send(client, "ok", 2, &made, 1);
    close(made);
}

/* What concerns a container that must be running. False when the message is another's. */
static bool serve_running(struct client *client, const char *verb, const char *name, int *fds, int count) {
    bool terminal = strcmp(verb, "terminal") == 0, attaches = strcmp(verb, "attach") == 0, shuts = strcmp(verb, "shut") == 0;
    if (!terminal && !attaches && !shuts && strcmp(verb, "exec") != 0) return false;
    struct container *container = find(name);
    int wanted = terminal ? 1 : attaches ? 2 : shuts ? 0 : 4;
    if (!container || container->exited || count != wanted || client->child) {
        shim_say(client->fd, "error container %s is not running", name);
        for (int i = 0; i < count; i++) close(fds[i]);
    } else if (attaches) {
        attach(client, container, fds);
    } else if (shuts) {
        /* A terminal's input is closed by its own means. */
        if (container->launch->input_once && !container->launch->terminal) close_input(container);
        shim_say(client->fd, "ok");
    } else {
        shim_execute(client, container, rootless, terminal, fds, count);
    }
    return true;
}

static bool is_plain(const char *name) { return *name && *name != '.' && !strchr(name, '/'); }

static void quit(void) {
    quits = true;
    for (size_t i = 0; i < container_count; i++)
        if (!containers[i].exited) kill(containers[i].pid, SIGKILL);
}

/* One message of a client. False when it is gone. */
static bool serve(struct client *client) {
    char message[512], verb[16], name[256], path[320];
    int fds[4], count = 4;
    long number = 0;
    ssize_t got = skiff_receive(client->fd, message, sizeof message - 1, fds, &count);
    if (got == -EAGAIN) return true;
    if (got <= 0) {
        if (client->child) shim_end_command(client->child);
        shim_detach(client->fd);
        return false;
    }
    message[got] = 0;
    int used = 0;
    if (sscanf(message, "%15s %255s", verb, name) == 2 && serve_running(client, verb, name, fds, count)) {
        used = count;
    } else if (count == 1 && sscanf(message, "start %255s %ld", name, &number) == 2 && is_plain(name)) {
        used = 1;
        start(client->fd, name, number, fds[0]);
    } else if (strcmp(message, "socket") == 0) {
        give_socket(client->fd);
    } else if (sscanf(message, "signal %255s %ld", name, &number) == 2) {
        struct container *container = find(name);
        if (!container || container->exited) shim_say(client->fd, "error container %s is not running", name);
        else if (kill(container->pid, (int)number) < 0) shim_say(client->fd, "error %s", strerror(errno));
        else shim_say(client->fd, "ok");
    } else if (count == 1 && sscanf(message, "volume %255s", name) == 1 && is_plain(name)) {
        used = 1;
        snprintf(path, sizeof path, "memory/%s", name);
        int status = skiff_volume_write(path, fds[0]);
        if (status) shim_say(client->fd, "error write volume %s: %s", name, strerror(-status));
        else shim_say(client->fd, "ok");
    } else if (sscanf(message, "folder %255s", name) == 1 && is_plain(name)) {
        snprintf(path, sizeof path, "memory/%s", name);
        if (mkdir(path, 0777) < 0 && errno != EEXIST) shim_say(client->fd, "error make volume %s: %s", name, strerror(errno));
        else if (chmod(path, 0777) < 0) shim_say(client->fd, "error make volume %s: %s", name, strerror(errno));
        else shim_say(client->fd, "ok");
    } else if (strcmp(message, "watch") == 0) {
        client->watches = true;
        for (size_t i = 0; i < container_count; i++) tell(client->fd, &containers[i]);
        shim_say(client->fd, "synced");
    } else if (strcmp(message, "quit") == 0) {
        quit_client = client->fd;
        quit();
    } else {
        shim_say(client->fd, "error unknown request");
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
    fcntl(life_fd, F_SETFD, FD_CLOEXEC);
    set_up(argv);

    enum { first_client = 3 };
    int life = life_fd;
    static struct pollfd waits[first_client + most_clients + 2 * most_containers + 2 * most_attachments];
    while (true) {
        bool running = false;
        for (size_t i = 0; i < container_count; i++) running |= !containers[i].exited;
        if (quits && !running) break;
        nfds_t count = 0;
        waits[count++] = (struct pollfd){signals, POLLIN, 0};
        waits[count++] = (struct pollfd){client_count < most_clients ? listener_fd : -1, POLLIN, 0};
        waits[count++] = (struct pollfd){life, POLLIN, 0};
        for (size_t i = 0; i < client_count; i++) waits[count++] = (struct pollfd){clients[i].fd, POLLIN, 0};
        size_t served = client_count, watched = container_count;
        for (size_t i = 0; i < watched; i++)
            for (int k = 0; k < 2; k++)
                waits[count++] = (struct pollfd){
                    containers[i].streams[k] && !shim_lags(&containers[i], k) ? containers[i].streams[k]->fd : -1, POLLIN, 0};
        count += shim_attachment_waits(waits + count);
        if (poll(waits, count, -1) < 0) continue;
        if (waits[0].revents) {
            struct signalfd_siginfo info;
            while (read(signals, &info, sizeof info) == sizeof info) continue;
            reap();
        }
        if (waits[2].revents) {
            /* A byte, which stays in the pipe for all, says that the directory is gone. A keeper that was killed is no reason: skiff
               ends the pod, or this process, as it sees fit. */
            is_forgotten = waits[2].revents & POLLIN;
            if (is_forgotten) quit();
            life = -1;
        }
        for (size_t i = 0; i < watched; i++)
            for (int k = 0; k < 2; k++) {
                struct container *container = &containers[i];
                struct pollfd *wait = &waits[first_client + served + 2 * i + (size_t)k];
                if (!wait->revents || !container->streams[k] || container->streams[k]->fd != wait->fd) continue;
                pump(container, k);
            }
        shim_attachment_flush();
        size_t kept = 0;
        for (size_t i = 0; i < served; i++) {
            bool alive = !waits[first_client + i].revents || serve(&clients[i]);
            if (!alive) close(clients[i].fd);
            else clients[kept++] = clients[i];
        }
        client_count = kept;
        if (waits[1].revents) {
            int client = accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (client >= 0) clients[client_count++] = (struct client){.fd = client};
        }
    }
    if (!is_forgotten) unlink("shim");
    if (quit_client >= 0) shim_say(quit_client, "ok");
    return 0;
}
