/* Preloaded into a server: lets a system call of its workers fail, when the test's plan says so.
 *
 * The plan is a file that every process maps before it is confined: the call's name, how many of them still succeed, and
 * the error. Calls are counted down as they are made; at zero one fails, or all from then on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct plan {
    char name[16];
    int left;
    int error;
    int goes_on;
    int failed;
    dev_t device;
    ino_t inode;
};

static struct plan *plan;

__attribute__((constructor)) static void map_plan(void) {
    const char *path = getenv("FAILING_CALLS");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *pages = mmap(NULL, sizeof(struct plan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (pages != MAP_FAILED) plan = pages;
    close(file);
}

static int fails(const char *name, int file) {
    struct stat status;
    if (!plan || !plan->error || strcmp(plan->name, name) != 0 || fstat(file, &status) != 0) return 0;
    if (status.st_ino != plan->inode || status.st_dev != plan->device) return 0;
    if (plan->left-- > 0 || (plan->left < -1 && !plan->goes_on)) return 0;
    plan->failed++;
    errno = plan->error;
    return 1;
}

#define NEXT(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
    return fails("pwrite", file) ? -1 : NEXT(pwrite)(file, bytes, count, place);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    return fails("pwrite", file) ? -1 : NEXT(pwrite64)(file, bytes, count, place);
}
int ftruncate(int file, off_t size) { return fails("ftruncate", file) ? -1 : NEXT(ftruncate)(file, size); }
int ftruncate64(int file, off64_t size) { return fails("ftruncate", file) ? -1 : NEXT(ftruncate64)(file, size); }
int fdatasync(int file) { return fails("fdatasync", file) ? -1 : NEXT(fdatasync)(file); }
