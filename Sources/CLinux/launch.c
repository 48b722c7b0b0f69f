#include "internal.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/securebits.h>

/* More than any pod needs; a spec comes from skiff itself, so this only bounds a bug. */
enum { largest_spec = 16 << 20 };

struct skiff_launch *skiff_launch_read(int fd) {
    struct stat facts;
    if (fstat(fd, &facts) < 0 || facts.st_size <= 0 || facts.st_size > largest_spec) {
        close(fd);
        return NULL;
    }
    size_t size = (size_t)facts.st_size;
    struct skiff_launch *launch = calloc(1, sizeof *launch);
    if (launch) launch->bytes = malloc(size + 1);
    if (!launch || !launch->bytes || pread(fd, launch->bytes, size, 0) != facts.st_size) {
        close(fd);
        skiff_launch_free(launch);
        return NULL;
    }
    close(fd);
    launch->bytes[size] = 0;
    size_t fields = 1;
    for (size_t i = 0; i < size; i++) fields += launch->bytes[i] == 0;
    launch->argv = calloc(fields + 1, sizeof *launch->argv);
    launch->env = calloc(fields + 1, sizeof *launch->env);
    launch->mounts = calloc(fields + 1, sizeof *launch->mounts);
    launch->groups = calloc(fields + 1, sizeof *launch->groups);
    launch->uid = launch->gid = -1;
    if (!launch->argv || !launch->env || !launch->mounts || !launch->groups) {
        skiff_launch_free(launch);
        return NULL;
    }
    char *end = launch->bytes + size;
    for (char *field = launch->bytes; field < end; field += strlen(field) + 1) {
        char *rest = field + 1;
        switch (*field) {
        case 'a': launch->argv[launch->argc++] = rest; break;
        case 'e': launch->env[launch->envc++] = rest; break;
        case 'c': launch->cwd = rest; break;
        case 'l': launch->log = rest; break;
        case 'u': launch->uid = strtol(rest, NULL, 10); break;
        case 'g': launch->gid = strtol(rest, NULL, 10); break;
        case 'G': launch->groups[launch->groupc++] = (gid_t)strtoul(rest, NULL, 10); break;
        case 'k': launch->capabilities = strtoull(rest, NULL, 16); break;
        case 'r': launch->readonly_root = true; break;
        case 'n': launch->no_new_privileges = true; break;
        case 'i': launch->keeps_input = true; break;
        case 'o': launch->input_once = true; break;
        case 't': launch->terminal = true; break;
        case 'p': launch->process_owner = rest; break;
        case 'm': {
            struct skiff_mount *mount = &launch->mounts[launch->mountc++];
            mount->readonly = *rest == 'r';
            mount->tree = -1;
            const char **parts[] = {&mount->source, &mount->subpath, &mount->target};
            for (int i = 0; i < 3; i++) {
                field += strlen(field) + 1;
                if (field >= end) {
                    skiff_launch_free(launch);
                    return NULL;
                }
                *parts[i] = field;
            }
            break;
        }
        default: break;
        }
    }
    if (launch->argc == 0) {
        skiff_launch_free(launch);
        return NULL;
    }
    return launch;
}

void skiff_launch_free(struct skiff_launch *launch) {
    if (!launch) return;
    free(launch->argv);
    free(launch->env);
    free(launch->mounts);
    free(launch->groups);
    free(launch->bytes);
    free(launch);
}

static const char *environment(const struct skiff_launch *launch, const char *name, const char *otherwise) {
    size_t length = strlen(name);
    const char *found = otherwise;
    for (size_t i = 0; i < launch->envc; i++)
        if (strncmp(launch->env[i], name, length) == 0 && launch->env[i][length] == '=') found = launch->env[i] + length + 1;
    return found;
}

static void limit_capabilities(const struct skiff_launch *launch, bool rootless, int report) {
    for (int capability = 0; capability < 64; capability++) {
        if (launch->capabilities >> capability & 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno == EINVAL) break;
    }
    bool switches = launch->uid > 0;
    if (switches) prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    if (launch->gid >= 0 || launch->groupc > 0) {
        /* One user is mapped in a user namespace made without root, and groups cannot be set there. */
        if (!rootless && setgroups(launch->groupc, launch->groups) < 0) skiff_fail(report, "set supplementary groups: %s", strerror(errno));
        if (launch->gid >= 0 && setresgid((gid_t)launch->gid, (gid_t)launch->gid, (gid_t)launch->gid) < 0)
            skiff_fail(report, "run as group %ld: %s%s", launch->gid, strerror(errno), rootless ? " (skiff runs without root)" : "");
    }
    if (launch->uid >= 0 && setresuid((uid_t)launch->uid, (uid_t)launch->uid, (uid_t)launch->uid) < 0)
        skiff_fail(report, "run as user %ld: %s%s", launch->uid, strerror(errno), rootless ? " (skiff runs without root)" : "");
    if (!switches) {
        struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct data[2] = {
            {(uint32_t)launch->capabilities, (uint32_t)launch->capabilities, 0},
            {(uint32_t)(launch->capabilities >> 32), (uint32_t)(launch->capabilities >> 32), 0}};
        struct __user_cap_data_struct has[2];
        if (syscall(SYS_capget, &header, has) == 0) {
            for (int i = 0; i < 2; i++) {
                data[i].permitted &= has[i].permitted;
                data[i].effective = data[i].permitted;
            }
        }
        if (syscall(SYS_capset, &header, data) < 0) skiff_fail(report, "limit capabilities: %s", strerror(errno));
    }
    if (launch->no_new_privileges) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void skiff_become(const struct skiff_launch *launch, bool rootless, int report) {
    const char *directory = launch->cwd && *launch->cwd ? launch->cwd : "/";
    if (chdir(directory) < 0) {
        /* As container runtimes do: a working directory that is not there is made. */
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s", directory) >= (int)sizeof path) skiff_fail(report, "workingDir is too long");
        for (char *part = path + 1; *part; part++) {
            if (*part != '/') continue;
            *part = 0;
            mkdir(path, 0755);
            *part = '/';
        }
        mkdir(path, 0755);
        if (launch->uid > 0 && chown(path, (uid_t)launch->uid, launch->gid >= 0 ? (gid_t)launch->gid : 0) < 0) { /* it may still read it */
        }
        if (chdir(directory) < 0) skiff_fail(report, "chdir to workingDir \"%s\": %s", directory, strerror(errno));
    }
    limit_capabilities(launch, rootless, report);
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Above the three of every program: closed by exec, the report with them, which tells that it went well. */
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);

    const char *program = launch->argv[0];
    int error = ENOENT;
    if (strchr(program, '/')) {
        execve(program, launch->argv, launch->env);
        error = errno;
    } else {
        const char *path = environment(launch, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        char full[PATH_MAX];
        while (*path) {
            size_t length = strcspn(path, ":");
            if (length > 0 && snprintf(full, sizeof full, "%.*s/%s", (int)length, path, program) < (int)sizeof full) {
                execve(full, launch->argv, launch->env);
                if (errno != ENOENT && errno != ENOTDIR) error = errno;
            }
            path += length + (path[length] == ':');
        }
    }
    if (error == ENOENT && !strchr(program, '/')) skiff_fail(report, "exec: \"%s\": executable file not found in $PATH", program);
    skiff_fail(
        report, "exec: \"%s\": %s", program,
        error == ENOENT ? "no such file or directory" : error == EACCES ? "permission denied" : strerror(error));
}
