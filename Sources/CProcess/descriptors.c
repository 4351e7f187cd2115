#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "CProcess.h"

const int lh5_open_path = O_PATH;
const int lh5_open_unnamed = O_TMPFILE;

int lh5_open_beneath(int root, const char *path, int flags) {
    struct open_how how = {
        .flags = (uint64_t)flags | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    int descriptor = -1;
    // > EAGAIN: a rename or mount anywhere on the system raced with the look-up (openat2(2)). It also stands for a
    // lease of another program, which may take its time.
    for (int attempt = 0; attempt < 16; attempt++) {
        descriptor = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
        if (descriptor >= 0 || (errno != EINTR && errno != EAGAIN)) break;
    }
    return descriptor;
}

const long lh5_omit_time = UTIME_OMIT;

int lh5_rename_new(int from, const char *name, int to, const char *new_name) {
    return (int)syscall(SYS_renameat2, from, name, to, new_name, RENAME_NOREPLACE);
}

int lh5_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int lh5_reflink(int target, int source) { return ioctl(target, FICLONE, source); }

ssize_t lh5_copy(int source, int target, off_t *offset, size_t size) {
    off_t to = *offset;
    ssize_t count;
    do {
        count = copy_file_range(source, offset, target, &to, size, 0);
    } while (count < 0 && errno == EINTR);
    return count;
}

int lh5_process_descriptor(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int lh5_signal_process(int process, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, process, signal, NULL, 0);
}

int lh5_give_terminal(posix_spawn_file_actions_t *actions, int terminal) {
    // Returns the error instead of setting it.
    errno = posix_spawn_file_actions_addtcsetpgrp_np(actions, terminal);
    return errno == 0 ? 0 : -1;
}

int lh5_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

long lh5_file_system(int file) {
    struct statfs status;
    return fstatfs(file, &status) == 0 ? (long)status.f_type : -1;
}

ssize_t lh5_read_cached(int file, void *bytes, size_t size, off_t offset) {
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    return preadv2(file, &part, 1, offset, RWF_NOWAIT);
}

void lh5_keep_memory(void) {
    // Bodies come and go with every request: small ones are neither mapped and unmapped, nor the heap's end given back.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_TOP_PAD, 1 << 20);
}

void lh5_zero_allocations(void) {
    // > The bytes of allocated memory are initialized to the complement of M_PERTURB's value (mallopt(3)).
    mallopt(M_PERTURB, 0xFF);
}

enum { max_descriptors = 8 };

ssize_t lh5_send(int socket, const void *bytes, size_t size, const int *descriptors, int count, int flags) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union {
        char bytes[CMSG_SPACE(max_descriptors * sizeof(int))];
        struct cmsghdr align;
    } control;
    if (count > max_descriptors) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(head), descriptors, (size_t)count * sizeof(int));
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

ssize_t lh5_receive(int socket, void *bytes, size_t size, int *descriptors, int *count, int flags) {
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    union {
        char bytes[CMSG_SPACE(max_descriptors * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t received;
    do {
        received = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    int capacity = *count;
    *count = 0;
    if (received < 0) return -1;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        int came = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int place = 0; place < came; place++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(head) + (size_t)place * sizeof(int), sizeof(int));
            if (*count < capacity)
                descriptors[(*count)++] = descriptor;
            else
                close(descriptor);
        }
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        while (*count > 0) close(descriptors[--*count]);
        errno = EMSGSIZE;
        return -1;
    }
    return received;
}
