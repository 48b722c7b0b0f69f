#include "internal.h"

/* A container's log is cut at 10 MiB and five files are kept, as kubelet's defaults have it. */
enum { largest_log = 10 << 20, kept_logs = 5 };

int skiff_log_open(struct skiff_log *log, const char *path) {
    if (snprintf(log->path, sizeof log->path, "%s", path) >= (int)sizeof log->path) return -ENAMETOOLONG;
    log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log->fd < 0) return -errno;
    struct stat facts;
    log->size = fstat(log->fd, &facts) == 0 ? facts.st_size : 0;
    return 0;
}

/* 0.log.3 goes, 0.log.2 becomes 0.log.3, …, 0.log becomes 0.log.1. */
static void rotate(struct skiff_log *log) {
    char from[PATH_MAX + 8], to[PATH_MAX + 8];
    for (int number = kept_logs - 1; number > 0; number--) {
        if (number > 1) snprintf(from, sizeof from, "%s.%d", log->path, number - 1);
        else snprintf(from, sizeof from, "%s", log->path);
        snprintf(to, sizeof to, "%s.%d", log->path, number);
        rename(from, to);
    }
    int fresh = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fresh < 0) return;
    close(log->fd);
    log->fd = fresh;
    log->size = 0;
}

static void append(struct skiff_log *log, const struct skiff_stream *stream, const char *text, size_t length, char tag) {
    char head[64];
    char stamp[31];
    skiff_timestamp(stamp);
    int size = snprintf(head, sizeof head, "%s %s %c ", stamp, stream->name, tag);
    struct iovec parts[] = {{head, (size_t)size}, {(void *)text, length}, {"\n", 1}};
    ssize_t wrote;
    do wrote = writev(log->fd, parts, 3);
    while (wrote < 0 && errno == EINTR);
    /* A full disk loses lines, never the container. */
    if (wrote > 0) log->size += wrote;
    if (tag == 'F' && log->size >= largest_log) rotate(log);
}

ssize_t skiff_stream_read(struct skiff_stream *stream) {
    ssize_t got = read(stream->fd, stream->line + stream->length, sizeof stream->line - stream->length);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return -1;
    /* A terminal that nobody has open any more fails to be read. */
    return got < 0 ? 0 : got;
}

void skiff_log_end(struct skiff_log *log, struct skiff_stream *stream) {
    if (stream->length > 0) append(log, stream, stream->line, stream->length, 'F');
    stream->length = 0;
}

void skiff_log_take(struct skiff_log *log, struct skiff_stream *stream, size_t got) {
    stream->length += got;
    char *start = stream->line, *end = stream->line + stream->length, *newline;
    while ((newline = memchr(start, '\n', (size_t)(end - start)))) {
        append(log, stream, start, (size_t)(newline - start), 'F');
        start = newline + 1;
    }
    stream->length = (size_t)(end - start);
    if (stream->length == sizeof stream->line) {
        append(log, stream, stream->line, stream->length, 'P');
        stream->length = 0;
    } else if (start != stream->line) {
        memmove(stream->line, start, stream->length);
    }
}
