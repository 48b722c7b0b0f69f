#include "internal.h"

/* glibc hands argc and argv to constructors, so the two small programs run in every binary that links this target, before
   Swift's runtime, its threads and its heap exist: that is what keeps a shim small. */
__attribute__((constructor)) static void skiff_entry(int argc, char **argv) {
    if (argc < 3 || argv == NULL) return;
    if (strcmp(argv[1], "shim") == 0) _exit(skiff_shim_main(argc, argv));
    if (strcmp(argv[1], "netns-keeper") == 0) _exit(skiff_keeper_main(argc, argv));
}
