/* Does the same as Transactions.swift with libhdf5 alone: its default file driver, which takes the lock of flock(2) while
   the file is open, and no log. With `power` the file is on the disk before the next transaction begins.
   Arguments: WORK FILE COUNT SEED DURABILITY; WORK can be `make` as well, which makes the file. */
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ELEMENTS = (4 << 20) / 8, CHUNK = (1 << 20) / 8 };

static const char *path;
static long count, seed;
static int syncs;
static int64_t values[ELEMENTS];

static int64_t need(int64_t result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "plain: %s failed\n", what);
        exit(1);
    }
    return result;
}

static hid_t start(void)
{
    return need(H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), "opening");
}

static void finish(hid_t file)
{
    need(H5Fclose(file), "closing");
    if (!syncs) return;
    int descriptor = need(open(path, O_RDWR), "opening for fsync");
    need(fsync(descriptor), "fsync");
    close(descriptor);
}

static void write_slabs(hid_t dataset, long first)
{
    hsize_t elements = ELEMENTS;
    hid_t memory = need(H5Screate_simple(1, &elements, NULL), "making a dataspace");
    hid_t space = need(H5Dget_space(dataset), "reading the shape");
    for (long number = first; number < first + count; number++) {
        hsize_t offset = (hsize_t)number * ELEMENTS;
        need(H5Sselect_hyperslab(space, H5S_SELECT_SET, &offset, NULL, &elements, NULL), "selecting");
        need(H5Dwrite(dataset, H5T_STD_I64LE, memory, space, H5P_DEFAULT, values), "writing");
    }
    H5Sclose(memory);
    H5Sclose(space);
    need(H5Dclose(dataset), "closing the dataset");
}

static void set_attribute(hid_t file, int64_t value)
{
    hid_t dataset = need(H5Dopen2(file, "values", H5P_DEFAULT), "opening the dataset");
    if (need(H5Aexists(dataset, "count"), "looking for the attribute")) need(H5Adelete(dataset, "count"), "deleting");
    hid_t scalar = need(H5Screate(H5S_SCALAR), "making a dataspace");
    hid_t attribute = need(
        H5Acreate2(dataset, "count", H5T_STD_I64LE, scalar, H5P_DEFAULT, H5P_DEFAULT), "making the attribute");
    need(H5Awrite(attribute, H5T_STD_I64LE, &value), "writing the attribute");
    H5Aclose(attribute);
    H5Sclose(scalar);
    H5Dclose(dataset);
}

static hid_t new_dataset(hid_t file, const char *name, long slabs, hsize_t chunk)
{
    hsize_t extent = (hsize_t)slabs * ELEMENTS, unlimited = H5S_UNLIMITED;
    hid_t space = need(H5Screate_simple(1, &extent, chunk ? &unlimited : NULL), "making a dataspace");
    hid_t creation = need(H5Pcreate(H5P_DATASET_CREATE), "making a property list");
    if (chunk) need(H5Pset_chunk(creation, 1, &chunk), "choosing chunks");
    hid_t dataset = need(
        H5Dcreate2(file, name, H5T_STD_I64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT), "making the dataset");
    H5Pclose(creation);
    H5Sclose(space);
    return dataset;
}

static void make(void)
{
    hid_t file = need(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), "making the file");
    write_slabs(new_dataset(file, "values", count, 0), 0);
    count = 1;
    write_slabs(new_dataset(file, "chunked", 1, CHUNK), 0);
    set_attribute(file, seed);
    finish(file);
}

static void run(const char *work)
{
    if (strcmp(work, "make") == 0) return make();
    if (strcmp(work, "attributes") == 0) {
        for (long number = 0; number < count; number++) {
            hid_t file = start();
            set_attribute(file, seed + number);
            finish(file);
        }
        return;
    }
    hid_t file = start();
    if (strcmp(work, "append") == 0) {
        write_slabs(new_dataset(file, "new", count, 0), 0);
    } else if (strcmp(work, "extend") == 0) {
        hsize_t extent = (hsize_t)(count + 1) * ELEMENTS;
        hid_t dataset = need(H5Dopen2(file, "chunked", H5P_DEFAULT), "opening the dataset");
        need(H5Dset_extent(dataset, &extent), "extending");
        write_slabs(dataset, 1);
    } else if (strcmp(work, "overwrite") == 0) {
        write_slabs(need(H5Dopen2(file, "values", H5P_DEFAULT), "opening the dataset"), 0);
    } else {
        need(-1, work);
    }
    finish(file);
}

int main(int argc, char **argv)
{
    if (argc != 6) return 2;
    path = argv[2];
    count = atol(argv[3]);
    seed = atol(argv[4]);
    syncs = strcmp(argv[5], "power") == 0;
    for (long index = 0; index < ELEMENTS; index++) values[index] = index + seed;
    need(H5open(), "starting libhdf5");
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    run(argv[1]);
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("%.9f\n", (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) * 1e-9);
    fflush(stdout);
    while (getchar() != EOF) continue;
    return 0;
}
