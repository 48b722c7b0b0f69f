#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

/* One sample: how many frames, then their addresses, innermost first. */
#define FRAMES SKIFF_PROFILE_FRAMES
/* Ten minutes of one processor. */
#define MOST 60000
typedef struct {
    _Atomic uint32_t depth;
    uint64_t frames[FRAMES];
} sample;

static sample *samples;
static _Atomic uint32_t next;
static pid_t self;

/* The frame above: its frame pointer and return address. What is no frame is not there to be read, and this ends. */
static int above(uint64_t frame, uint64_t pair[2]) {
    if (frame & 7 || frame < 4096) return 0;
    struct iovec to = {pair, 16}, from = {(void *)frame, 16};
    return process_vm_readv(self, &to, 1, &from, 1, 0) == 16 && pair[0] > frame;
}

static void take(int signal, siginfo_t *info, void *raw) {
    (void)signal, (void)info;
    int error = errno;
    uint32_t index = atomic_fetch_add(&next, 1);
    if (index < MOST) {
        const mcontext_t *machine = &((ucontext_t *)raw)->uc_mcontext;
#if defined(__x86_64__)
        uint64_t place = machine->gregs[REG_RIP], frame = machine->gregs[REG_RBP];
#elif defined(__aarch64__)
        uint64_t place = machine->pc, frame = machine->regs[29];
#else
        uint64_t place = 0, frame = 0;
        (void)machine;
#endif
        sample *taken = &samples[index];
        uint32_t depth = 0;
        taken->frames[depth++] = place;
        uint64_t pair[2];
        while (depth < FRAMES && above(frame, pair) && pair[1]) {
            taken->frames[depth++] = pair[1];
            frame = pair[0];
        }
        atomic_store(&taken->depth, depth);
    }
    errno = error;
}

int skiff_profile_start(int hertz) {
    /* Kept for the next time: a signal may still be at work when this one is over. */
    if (!samples) {
        void *memory = mmap(NULL, MOST * sizeof(sample), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) return errno;
        samples = memory;
    }
    self = getpid();
    for (uint32_t index = 0, taken = skiff_profile_count(); index < taken; index++) atomic_store(&samples[index].depth, 0);
    atomic_store(&next, 0);
    struct sigaction action = {.sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    struct itimerval interval = {{0, 1000000 / hertz}, {0, 1000000 / hertz}};
    return sigaction(SIGPROF, &action, NULL) < 0 || setitimer(ITIMER_PROF, &interval, NULL) < 0 ? errno : 0;
}

void skiff_profile_stop(void) {
    struct itimerval none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &none, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPROF, &ignore, NULL);
}

uint32_t skiff_profile_count(void) {
    uint32_t taken = atomic_load(&next);
    return taken < MOST ? taken : MOST;
}

uint32_t skiff_profile_sample(uint32_t index, uint64_t *frames) {
    if (index >= skiff_profile_count()) return 0;
    uint32_t depth = atomic_load(&samples[index].depth);
    memcpy(frames, samples[index].frames, depth * sizeof(uint64_t));
    return depth;
}
