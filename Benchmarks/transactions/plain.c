/* The same with libhdf5 alone and its own driver, under flock: plain attributes|append|overwrite FILE SIZE power|process
 *
 * With `power` each file is waited for after it is closed, which is as much as a plain program can do. */
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void check(int is_well, const char *what) {
    if (is_well) return;
    fprintf(stderr, "plain: %s\n", what);
    exit(1);
}

static void change_attribute(hid_t file, long value) {
    if (H5Aexists(file, "a") > 0) H5Adelete(file, "a");
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, "a", H5T_STD_I64LE, space, 0, 0);
    check(H5Awrite(attribute, H5T_NATIVE_LONG, &value) >= 0, "an attribute cannot be written");
    H5Aclose(attribute);
    H5Sclose(space);
}

static void write_values(hid_t file, hsize_t count, int is_new, const void *bytes) {
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t set = is_new ? H5Dcreate2(file, "values", H5T_IEEE_F64LE, space, 0, 0, 0) : H5Dopen2(file, "values", 0);
    check(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, 0, bytes) >= 0, "values cannot be written");
    H5Dclose(set);
    H5Sclose(space);
}

int main(int count, char **arguments) {
    check(count == 5, "usage: plain attributes|append|overwrite FILE SIZE power|process");
    const char *what = arguments[1], *path = arguments[2];
    long size = atol(arguments[3]);
    int waits = strcmp(arguments[4], "power") == 0, changes_attributes = strcmp(what, "attributes") == 0;
    void *bytes = NULL;
    if (!changes_attributes) memset(bytes = malloc((size_t)size << 20), (int)(getpid() % 255 + 1), (size_t)size << 20);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (long value = 1; value <= (changes_attributes ? size : 1); value++) {
        int lock = open(path, O_RDWR | O_CLOEXEC);
        check(lock >= 0 && flock(lock, LOCK_EX) == 0, "the file cannot be locked");
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, 0);
        check(file >= 0, "the file cannot be opened");
        if (changes_attributes) change_attribute(file, value);
        else write_values(file, (hsize_t)size << 17, strcmp(what, "append") == 0, bytes);
        check(H5Fclose(file) >= 0, "the file cannot be closed");
        if (waits) check(fdatasync(lock) == 0, "the disk cannot be waited for");
        close(lock);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("%f %ld\n", (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9, use.ru_maxrss);
    return 0;
}
