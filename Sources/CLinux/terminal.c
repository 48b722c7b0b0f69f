#include "internal.h"
#include <sys/ioctl.h>
#include <termios.h>

int skiff_terminal(const struct skiff_launch *launch) {
    int other = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    int unlocked = 0, number = 0;
    char path[32];
    if (other < 0) return -errno;
    if (ioctl(other, TIOCSPTLCK, &unlocked) < 0 || ioctl(other, TIOCGPTN, &number) < 0) return -errno;
    snprintf(path, sizeof path, "/dev/pts/%d", number);
    setsid();
    int own = open(path, O_RDWR | O_CLOEXEC);
    if (own < 0) return -errno;
    if (ioctl(own, TIOCSCTTY, 0) < 0) return -errno;
    /* It may be opened again by who the program will be. */
    if (launch->uid > 0 && fchown(own, (uid_t)launch->uid, (gid_t)-1) < 0) return -errno;
    for (int i = 0; i < 3; i++)
        if (dup2(own, i) < 0) return -errno;
    close(own);
    return other;
}
