#include "internal.h"

/* Of standard input, output and error what is closed is opened on nothing: else the next file or socket would be taken for it, and what is
   said would be written there. */
static void open_standard_files(void) {
    for (int file = 0; file < 3; file++) {
        if (fcntl(file, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0) return;
    }
}

/* glibc hands argc and argv to constructors, so the two small programs run in every binary that links this target, before
   Swift's runtime, its threads and its heap exist: that is what keeps a shim small. */
__attribute__((constructor)) static void skiff_entry(int argc, char **argv) {
    open_standard_files();
    if (argc < 3 || argv == NULL) return;
    if (strcmp(argv[1], "shim") == 0) _exit(skiff_shim_main(argc, argv));
    if (strcmp(argv[1], "netns-keeper") == 0) _exit(skiff_keeper_main(argc, argv));
}
