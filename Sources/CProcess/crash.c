#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "CProcess.h"

enum { COUNT = 4 };
static const int signals[COUNT] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
static struct sigaction before[COUNT];
static char sentence[4096];
static size_t length;
static int status;

/// Calls nothing that may not be called in a handler (signal-safety(7)).
static void tell(int signal) {
    (void)signal;
    // Where nobody can be told there is nothing else to be done.
    ssize_t written = write(STDERR_FILENO, sentence, length);
    (void)written;
    _exit(status);
}

int lh5_tell_crash(const char *text, int exit_status) {
    static char stack[64 << 10];
    length = strnlen(text, sizeof sentence);
    memcpy(sentence, text, length);
    status = exit_status;
    // A stack that has overflowed has no room for the handler.
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    if (sigaltstack(&own, NULL) != 0) return -1;
    struct sigaction action = {.sa_handler = tell, .sa_flags = SA_ONSTACK | SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (int at = 0; at < COUNT; at++) {
        if (sigaction(signals[at], &action, &before[at]) != 0) return -1;
    }
    return 0;
}

void lh5_forget_crash(void) {
    for (int at = 0; at < COUNT; at++) sigaction(signals[at], &before[at], NULL);
}
