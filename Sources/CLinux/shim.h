#ifndef SKIFF_SHIM_H
#define SKIFF_SHIM_H
#include "internal.h"

/* What the parts of the shim share. */

struct container {
    char name[64];
    long attempt;
    pid_t pid;
    int pidfd;
    int code;
    bool exited;
    char started[31], finished[31];
    struct skiff_log log;
    /* With a terminal only the first: its other end. */
    struct skiff_stream *streams[2];
    /* Where standard input is written to, -1 when it is /dev/null or closed. */
    int input;
    /* What it was started with: commands in it get the same. */
    struct skiff_launch *launch;
};

struct client {
    int fd;
    bool watches;
    pid_t child;
};

void shim_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Reads the report of a child: empty when it became its program. Takes the descriptor. */
bool shim_report(int fd, char *text, size_t size);

/* Runs a command in a container for a client that waits for its end. Takes the descriptors: launch, and input, output and error
   unless it gets a terminal, whose other end is sent to the client then. */
void shim_execute(struct client *client, const struct container *container, bool rootless, bool terminal, int *fds, int count);

/* Kills a command, and what it has started that has not left its session: its client is gone. `outer` is the client's child. */
void shim_end_command(pid_t outer);

/* ---- Attachments: copies of what a container writes, for as long as a client listens ---- */
enum { most_attachments = 64 };

/* Takes the descriptors that output and errors go to. False when there are too many. */
bool shim_attach(int client, const struct container *container, const int out[2]);
void shim_detach(int client);
/* Hands on what a container wrote. */
void shim_copy(const struct container *container, int stream, const char *bytes, size_t size);
/* Nothing more comes on this stream. */
void shim_copied(const struct container *container, int stream);
/* Whether someone has yet to take what was copied: the stream waits for that. */
bool shim_lags(const struct container *container, int stream);
/* What attachments wait for, and what they do about it. At most 2 * most_attachments. */
size_t shim_attachment_waits(struct pollfd *waits);
void shim_attachment_flush(void);

#endif
