#ifndef SKIFF_LINUX_H
#define SKIFF_LINUX_H
/* The Linux system calls that Swift's Glibc module does not export, and the two small programs of the node agent that run
   before Swift does: `skiff shim` (one per pod) and `skiff netns-keeper` (one per node). */
/* No feature macro here: with one, libc's types would differ from those that Swift's Glibc module has. */
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/types.h>

/* Starts a program (NULL: this same binary, argv[0] is only its name) in a session of its own, with /dev/null as stdin, `log` as stdout and
   stderr, and `fds` as descriptors 3, 4, …; every other descriptor is closed. 0 or an errno. */
int skiff_spawn(const char *program, const char *const argv[], int log, const int *fds, int count, pid_t *pid);

/* To a posix_spawn_file_actions_t: the program has no descriptor from `first` on. 0 or an errno. */
int skiff_close_from(void *actions, int first);

/* One message with descriptors. Bytes sent or received, or -errno. `count` says how many descriptors there is room for,
   and afterwards how many came; they are close-on-exec. */
ssize_t skiff_send(int socket, const void *bytes, size_t size, const int *fds, int count);
ssize_t skiff_receive(int socket, void *bytes, size_t size, int *fds, int *count);

/* A SOCK_SEQPACKET Unix socket at directory/name, however long the directory's path is. A descriptor or -errno. */
int skiff_connect_at(const char *directory, const char *name);
int skiff_listen_at(const char *directory, const char *name);

/* An anonymous file in memory that holds these bytes, read from its start. A descriptor or -errno. */
int skiff_memory_file(const void *bytes, size_t size);

/* Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat); 0 when there is none or it is a zombie. */
uint64_t skiff_start_time(pid_t pid);

/* Opens a process as a descriptor that becomes readable when it ends. A descriptor or -errno. */
int skiff_pidfd_open(pid_t pid);

/* Resolves `path` below the open directory without leaving it. A descriptor (O_PATH) or -errno. */
int skiff_open_beneath(int directory, const char *path);

/* Tells when a file is written to or moved away. A descriptor that does not block, or -errno. */
int skiff_inotify(const char *path);

/* Where this process spends its processor time, by SIGPROF: `hertz` times in a second of it the return addresses of the thread that runs are
   kept, innermost first. One at a time. 0 or an errno. */
enum { SKIFF_PROFILE_FRAMES = 64 };
int skiff_profile_start(int hertz);
void skiff_profile_stop(void);
/* How many were taken, and the addresses in one of them: how many there are. */
uint32_t skiff_profile_count(void);
uint32_t skiff_profile_sample(uint32_t index, uint64_t *frames);

/* Both ends close-on-exec. 0 or -errno. */
int skiff_pipe(int ends[2]);

#endif
