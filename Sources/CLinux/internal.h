#ifndef SKIFF_INTERNAL_H
#define SKIFF_INTERNAL_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int skiff_shim_main(int argc, char **argv);
int skiff_keeper_main(int argc, char **argv);

/* Writes one line to `fd` and ends the process. */
_Noreturn void skiff_fail(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs `ip -batch -` on `commands` in this process's network namespace, as seen in `netns` when that is not -1.
   NULL, or what went wrong (static storage). */
const char *skiff_ip(const char *commands, int netns);

/* Runs `nft -f -` on `rules` in this process's network namespace. NULL, or what went wrong (static storage). */
const char *skiff_nft(const char *rules);

/* Writes text to a file that exists, 0 or -errno. */
int skiff_write_text(const char *path, const char *text);

/* Writes a whole file durably: temporary name, fsync, rename. 0 or -errno. */
int skiff_replace_file(const char *path, const char *text);

/* `pid starttime bootid` of this process. */
void skiff_identity(char *text, size_t size);

/* 2006-01-02T15:04:05.000000000Z, always 30 characters and the terminator. */
void skiff_timestamp(char text[31]);

/* Makes what clone and pipe leave behind harmless: no signal but SIGKILL ends a small program, and nothing but its own descriptors. */
void skiff_settle(void);

/* ---- What a container is started with, read from a memory file (LaunchSpec.swift writes it): NUL-ended fields, the first
   byte of each says what it is. a argument, e NAME=value, c directory, l log, u user, g group, G further group, k capabilities
   (hex), r read-only root, n no new privileges, i standard input that can be attached to, o that ends with who
   attached to it first, t a terminal, p the container whose
   processes it shares, mr/mw a mount (then its source, path below the source, and target). ---- */
struct skiff_mount {
    const char *source, *subpath, *target;
    bool readonly;
    int tree;
};

struct skiff_launch {
    char *bytes;
    char **argv, **env;
    size_t argc, envc;
    struct skiff_mount *mounts;
    size_t mountc;
    const char *cwd, *log, *process_owner;
    long uid, gid;
    gid_t *groups;
    size_t groupc;
    uint64_t capabilities;
    bool readonly_root, no_new_privileges, keeps_input, input_once, terminal;
};

/* NULL when the file cannot be read or makes no sense. Takes the descriptor. */
struct skiff_launch *skiff_launch_read(int fd);
void skiff_launch_free(struct skiff_launch *launch);

/* Makes the container's root file system out of the pod's directory (the working directory) and moves into it; ends the
   process with a line on `report` when that fails. */
void skiff_enter_root(const struct skiff_launch *launch, bool rootless, int report);

/* Drops to the user and capabilities asked for and becomes the program; ends the process with a line on `report` otherwise. */
_Noreturn void skiff_become(const struct skiff_launch *launch, bool rootless, int report);

/* Writes a volume's files (a memory file of `octal-mode NUL path NUL size NUL bytes`) below `directory` so that readers see
   all of the old or all of the new. 0 or -errno. Takes the descriptor. */
int skiff_volume_write(const char *directory, int fd);

/* ---- Container logs in CRI format ---- */
struct skiff_log {
    char path[PATH_MAX];
    int fd;
    off_t size;
};
struct skiff_stream {
    int fd;
    const char *name;
    size_t length;
    char line[16384];
};
int skiff_log_open(struct skiff_log *log, const char *path);
/* Reads what is there to the end of `line`, and no further than there is room. Bytes, 0 at the end of the stream, -1 for none yet. */
ssize_t skiff_stream_read(struct skiff_stream *stream);
/* Appends what was read, whole lines first. */
void skiff_log_take(struct skiff_log *log, struct skiff_stream *stream, size_t got);
/* Appends a last line without an end. */
void skiff_log_end(struct skiff_log *log, struct skiff_stream *stream);

/* Makes a terminal in the container's /dev/pts the process's own, in a session of its own, and its standard streams. Its other
   end or -errno. */
int skiff_terminal(const struct skiff_launch *launch);

#endif
