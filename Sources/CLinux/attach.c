#include "shim.h"

struct outlet {
    int fd;
    /* Not taken yet; a stream is not read while there is any, so this stays small. */
    char *bytes;
    size_t size;
    bool ends;
};

struct attachment {
    int client;
    const struct container *container;
    struct outlet outlets[2];
};

static struct attachment attachments[most_attachments];
static size_t attachment_count;

static void close_outlet(struct outlet *outlet) {
    if (outlet->fd >= 0) close(outlet->fd);
    free(outlet->bytes);
    *outlet = (struct outlet){.fd = -1};
}

bool shim_attach(int client, const struct container *container, const int out[2]) {
    if (attachment_count == most_attachments) return false;
    struct attachment *attachment = &attachments[attachment_count++];
    *attachment = (struct attachment){.client = client, .container = container};
    for (int i = 0; i < 2; i++) {
        attachment->outlets[i].fd = out[i];
        fcntl(out[i], F_SETFL, O_NONBLOCK);
        if (!container->streams[i]) close_outlet(&attachment->outlets[i]);
    }
    return true;
}

void shim_detach(int client) {
    size_t kept = 0;
    for (size_t i = 0; i < attachment_count; i++) {
        if (attachments[i].client != client) {
            attachments[kept++] = attachments[i];
            continue;
        }
        close_outlet(&attachments[i].outlets[0]);
        close_outlet(&attachments[i].outlets[1]);
    }
    attachment_count = kept;
}

static void flush(struct outlet *outlet) {
    size_t sent = 0;
    while (sent < outlet->size) {
        ssize_t wrote = write(outlet->fd, outlet->bytes + sent, outlet->size - sent);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0 && errno != EAGAIN) return close_outlet(outlet);
        if (wrote < 0) break;
        sent += (size_t)wrote;
    }
    outlet->size -= sent;
    if (outlet->size > 0) memmove(outlet->bytes, outlet->bytes + sent, outlet->size);
    else if (outlet->ends) close_outlet(outlet);
}

void shim_copy(const struct container *container, int stream, const char *bytes, size_t size) {
    for (size_t i = 0; i < attachment_count; i++) {
        struct outlet *outlet = &attachments[i].outlets[stream];
        if (attachments[i].container != container || outlet->fd < 0) continue;
        char *grown = realloc(outlet->bytes, outlet->size + size);
        if (!grown) {
            close_outlet(outlet);
            continue;
        }
        outlet->bytes = grown;
        memcpy(outlet->bytes + outlet->size, bytes, size);
        outlet->size += size;
        flush(outlet);
    }
}

void shim_copied(const struct container *container, int stream) {
    for (size_t i = 0; i < attachment_count; i++) {
        if (attachments[i].container != container || attachments[i].outlets[stream].fd < 0) continue;
        attachments[i].outlets[stream].ends = true;
        flush(&attachments[i].outlets[stream]);
    }
}

bool shim_lags(const struct container *container, int stream) {
    for (size_t i = 0; i < attachment_count; i++)
        if (attachments[i].container == container && attachments[i].outlets[stream].size > 0) return true;
    return false;
}

size_t shim_attachment_waits(struct pollfd *waits) {
    size_t count = 0;
    for (size_t i = 0; i < attachment_count; i++)
        for (int k = 0; k < 2; k++)
            if (attachments[i].outlets[k].size > 0) waits[count++] = (struct pollfd){attachments[i].outlets[k].fd, POLLOUT, 0};
    return count;
}

void shim_attachment_flush(void) {
    for (size_t i = 0; i < attachment_count; i++)
        for (int k = 0; k < 2; k++)
            if (attachments[i].outlets[k].size > 0) flush(&attachments[i].outlets[k]);
}
