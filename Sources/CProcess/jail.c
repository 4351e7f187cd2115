#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CProcess.h"

static int limit(int resource, uint64_t value) {
    struct rlimit both = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};
    return setrlimit(resource, &both);
}

static int limit_resources(const struct lh5_jail *limits) {
    if (limit(RLIMIT_CORE, 0) || limit(RLIMIT_MEMLOCK, 0)) return -1;
    if (limit(RLIMIT_AS, limits->memory)) return -1;
    struct rlimit most;
    if (getrlimit(RLIMIT_NOFILE, &most)) return -1;
    // Nobody but root raises what it was given.
    return limit(RLIMIT_NOFILE, limits->descriptors < most.rlim_max ? limits->descriptors : most.rlim_max);
}

/// No path of any file system is left; a kernel without landlock leaves that to the seccomp filter alone.
static int forget_files(void) {
    struct landlock_ruleset_attr none = {.handled_access_fs = (1ULL << 13) - 1};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &none, sizeof none, 0);
    if (rules < 0) return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -1;
    int result = (int)syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
    return result;
}

/// What a worker calls. libhdf5 sleeps with clock_nanosleep before it reads a bad checksum again.
static const int allowed[] = {
    SCMP_SYS(read),        SCMP_SYS(pread64),      SCMP_SYS(write),          SCMP_SYS(pwrite64),
    SCMP_SYS(sendmsg),     SCMP_SYS(recvmsg),      SCMP_SYS(close),          SCMP_SYS(fstat),
    SCMP_SYS(lseek),       SCMP_SYS(munmap),       SCMP_SYS(mremap),         SCMP_SYS(brk),
    SCMP_SYS(madvise),     SCMP_SYS(futex),        SCMP_SYS(exit_group),     SCMP_SYS(exit),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
    SCMP_SYS(nanosleep),   SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall), SCMP_SYS(getpid),
    SCMP_SYS(gettid),      SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(memfd_create),
    SCMP_SYS(ftruncate),   SCMP_SYS(fdatasync),    SCMP_SYS(fsync),          SCMP_SYS(pwritev),
    SCMP_SYS(copy_file_range), SCMP_SYS(fallocate), SCMP_SYS(sendfile),     SCMP_SYS(sched_yield),
    SCMP_SYS(rseq),        SCMP_SYS(set_robust_list), SCMP_SYS(sigaltstack),
};

/// What a library may try and must be told it cannot have: an error, not death.
static const int refused[] = {
    SCMP_SYS(open),       SCMP_SYS(openat),     SCMP_SYS(openat2),    SCMP_SYS(stat),
    SCMP_SYS(lstat),      SCMP_SYS(access),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),   SCMP_SYS(readlinkat), SCMP_SYS(statx),      SCMP_SYS(getcwd),
    SCMP_SYS(socket),     SCMP_SYS(uname),      SCMP_SYS(prctl),      SCMP_SYS(sysinfo),
    SCMP_SYS(ioctl),      SCMP_SYS(fcntl),      SCMP_SYS(flock),      SCMP_SYS(sched_getaffinity),
    SCMP_SYS(prlimit64),  SCMP_SYS(getrusage),  SCMP_SYS(unlink),     SCMP_SYS(clone),
    SCMP_SYS(clone3),
};

static int add_rules(scmp_filter_ctx filter) {
    for (size_t place = 0; place < sizeof allowed / sizeof *allowed; place++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[place], 0)) return -1;
    for (size_t place = 0; place < sizeof refused / sizeof *refused; place++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[place], 0)) return -1;
    // abort() signals its own process; no other.
    if (seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())))
        return -1;
    // Memory, but never executable: PROT_EXEC is 4.
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0))) return -1;
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0)))
        return -1;
    // glibc's fstat is newfstatat with AT_EMPTY_PATH (0x1000).
    if (seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0x1000)))
        return -1;
    return seccomp_rule_add(
        filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(newfstatat), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0));
}

static int filter_calls(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter) return -1;
    // > A binary tree costs a few comparisons a call where a list costs one for each rule.
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    int result = add_rules(filter) ? -1 : seccomp_load(filter);
    seccomp_release(filter);
    return result ? -1 : 0;
}

int lh5_enter_jail(const struct lh5_jail *limits, const char **step) {
    *step = "resource limits";
    if (limit_resources(limits)) return -1;
    *step = "no_new_privs";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
    *step = "dumpable";
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) return -1;
    *step = "landlock";
    if (forget_files()) return -1;
    *step = "seccomp";
    return filter_calls();
}
