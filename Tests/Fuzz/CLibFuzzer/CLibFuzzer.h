#include <stddef.h>
#include <stdint.h>
/* Of the compiler's libFuzzer: tries inputs that reach new code until it has found one that ends the program, or its time is over. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
