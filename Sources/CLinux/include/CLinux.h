#ifndef SKIFF_LINUX_H
#define SKIFF_LINUX_H
/* The Linux system calls that Swift's Glibc module does not export. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>

#endif
