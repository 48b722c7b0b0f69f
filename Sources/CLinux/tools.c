#include "internal.h"

/* Programs of the host that change the network, fed with text. */

static const char *const directories[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"};

/* Becomes a program of the host; returns when it is in none of the usual places. */
static void become(const char *const argv[]) {
    char path[64];
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        snprintf(path, sizeof path, "%s/%s", directories[i], argv[0]);
        execv(path, (char *const *)argv);
    }
}

/* Gives a program `text` to read, in this process's network namespace, as seen in `netns` when that is not -1. NULL, or what went
   wrong (static storage). */
static const char *feed(const char *const argv[], const char *package, const char *text, int netns) {
    static char problem[512];
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) < 0) return "pipe failed";
    if (pipe2(output, O_CLOEXEC) < 0) {
        close(input[0]);
        close(input[1]);
        return "pipe failed";
    }
    pid_t child = fork();
    if (child == 0) {
        if (netns >= 0 && setns(netns, CLONE_NEWNET) < 0) skiff_fail(output[1], "setns: %s", strerror(errno));
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGPIPE, SIG_DFL);
        dup2(input[0], 0);
        dup2(output[1], 1);
        dup2(output[1], 2);
        become(argv);
        skiff_fail(1, "the program `%s` (package %s) is not installed", argv[0], package);
    }
    int error = errno;
    close(input[0]);
    close(output[1]);
    if (child > 0 && write(input[1], text, strlen(text)) < 0) { /* its exit status tells */
    }
    close(input[1]);
    size_t length = 0;
    ssize_t got;
    while (length < sizeof problem - 1 && (got = read(output[0], problem + length, sizeof problem - 1 - length)) > 0) length += (size_t)got;
    problem[length] = 0;
    close(output[0]);
    if (child < 0) return strerror(error);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    while (length > 0 && problem[length - 1] == '\n') problem[--length] = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return NULL;
    if (!length) snprintf(problem, sizeof problem, "`%s` failed", argv[0]);
    return problem;
}

const char *skiff_ip(const char *commands, int netns) {
    const char *const argv[] = {"ip", "-batch", "-", NULL};
    return feed(argv, "iproute2", commands, netns);
}

const char *skiff_nft(const char *rules) {
    const char *const argv[] = {"nft", "-f", "-", NULL};
    return feed(argv, "nftables", rules, -1);
}
