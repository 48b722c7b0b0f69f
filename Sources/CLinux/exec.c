#include "shim.h"
#include <dirent.h>
#include <linux/close_range.h>

/* The container's own environment, and of the command's what that does not name. NULL without memory. */
static char **joined_environment(const struct skiff_launch *own, const struct skiff_launch *more) {
    char **env = calloc(own->envc + more->envc + 1, sizeof *env);
    if (!env) return NULL;
    size_t count = 0;
    for (size_t i = 0; i < own->envc; i++) env[count++] = own->env[i];
    for (size_t i = 0; i < more->envc; i++) {
        size_t length = strcspn(more->env[i], "=") + 1;
        bool known = false;
        for (size_t k = 0; k < own->envc && !known; k++) known = strncmp(own->env[k], more->env[i], length) == 0;
        if (!known) env[count++] = more->env[i];
    }
    return env;
}

/* In the container, as its process 1 is in it. */
static _Noreturn void become(const struct skiff_launch *launch, bool rootless, bool terminal, int client, const int *fds, int report) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (terminal) {
        int other = skiff_terminal(launch);
        if (other < 0) skiff_fail(report, "make a terminal: %s", strerror(-other));
        if (skiff_send(client, "terminal", 8, &other, 1) < 0) skiff_fail(report, "the client is gone");
    } else {
        for (int i = 0; i < 3; i++)
            if (dup2(fds[i], i) < 0) skiff_fail(report, "standard streams: %s", strerror(errno));
    }
    skiff_become(launch, rootless, report);
}

void shim_execute(struct client *client, const struct container *container, bool rootless, bool terminal, int *fds, int count) {
    struct skiff_launch *command = skiff_launch_read(fds[0]);
    int report[2] = {-1, -1};
    char **env = command && container->launch ? joined_environment(container->launch, command) : NULL;
    if (!env || pipe2(report, O_CLOEXEC) < 0) {
        shim_say(client->fd, "error the command cannot be read");
        for (int i = 1; i < count; i++) close(fds[i]);
        skiff_launch_free(command);
        free(env);
        return;
    }
    struct skiff_launch launch = *container->launch;
    launch.argv = command->argv;
    launch.argc = command->argc;
    launch.env = env;
    for (launch.envc = 0; env[launch.envc]; launch.envc++) continue;
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        if (setns(container->pidfd, CLONE_NEWPID | CLONE_NEWNS) < 0) skiff_fail(report[1], "enter the container: %s", strerror(errno));
        pid_t inner = fork();
        if (inner < 0) skiff_fail(report[1], "fork: %s", strerror(errno));
        if (inner == 0) become(&launch, rootless, terminal, client->fd, fds + 1, report[1]);
        close_range(3, ~0U, 0);
        int status;
        while (waitpid(inner, &status, 0) < 0 && errno == EINTR) continue;
        _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
    for (int i = 1; i < count; i++) close(fds[i]);
    close(report[1]);
    skiff_launch_free(command);
    free(env);
    char text[1024];
    if (pid > 0 && shim_report(report[0], text, sizeof text)) {
        client->child = pid;
        return;
    }
    if (pid < 0) {
        snprintf(text, sizeof text, "fork: %s", strerror(errno));
        close(report[0]);
    } else {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    shim_say(client->fd, "error %s", text);
}

/* Parent and session of a process. False when it is gone. */
static bool read_kin(pid_t pid, pid_t *parent, pid_t *session) {
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0) return false;
    text[got] = 0;
    /* The name, in parentheses, may hold anything. */
    const char *rest = strrchr(text, ')');
    int numbers[2];
    if (!rest || sscanf(rest, ") %*c %d %*d %d", &numbers[0], &numbers[1]) != 2) return false;
    *parent = numbers[0];
    *session = numbers[1];
    return true;
}

static pid_t next_process(DIR *all) {
    struct dirent *entry;
    while ((entry = readdir(all)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') return (pid_t)atoi(entry->d_name);
    return 0;
}

void shim_end_command(pid_t outer) {
    DIR *all = opendir("/proc");
    pid_t pid, parent, session, inner = 0;
    while (all && (pid = next_process(all)))
        if (read_kin(pid, &parent, &session) && parent == outer) inner = pid;
    /* A command on a terminal has a session of its own; its jobs are in groups of their own, and all in the session. */
    if (all && inner) {
        rewinddir(all);
        while ((pid = next_process(all)))
            if (read_kin(pid, &parent, &session) && (session == inner || session == outer) && pid != outer) kill(pid, SIGKILL);
    }
    if (all) closedir(all);
    kill(-outer, SIGKILL);
}
