/* What Swift cannot import from HDF5: its macros, and the few names that differ between 1.10 and 1.14. */
#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>
#include <H5DSpublic.h>
#include <stdint.h>
#include <string.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif
#include <H5PLextern.h>

/* ---- Constants ---- */

static inline unsigned chdf5_acc_rdonly(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_acc_rdwr(void) { return H5F_ACC_RDWR; }
static inline unsigned chdf5_acc_trunc(void) { return H5F_ACC_TRUNC; }
static inline unsigned chdf5_acc_creat(void) { return H5F_ACC_CREAT; }
static inline unsigned chdf5_creation_order_indexed(void) { return H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED; }
static inline hid_t chdf5_class_file_creation(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_class_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_class_link_access(void) { return H5P_LINK_ACCESS; }
static inline hid_t chdf5_class_transfer(void) { return H5P_DATASET_XFER; }

static inline hid_t chdf5_integer(int size, int is_signed, int is_big)
{
    switch (size) {
    case 1: return is_signed ? (is_big ? H5T_STD_I8BE : H5T_STD_I8LE) : (is_big ? H5T_STD_U8BE : H5T_STD_U8LE);
    case 2: return is_signed ? (is_big ? H5T_STD_I16BE : H5T_STD_I16LE) : (is_big ? H5T_STD_U16BE : H5T_STD_U16LE);
    case 4: return is_signed ? (is_big ? H5T_STD_I32BE : H5T_STD_I32LE) : (is_big ? H5T_STD_U32BE : H5T_STD_U32LE);
    case 8: return is_signed ? (is_big ? H5T_STD_I64BE : H5T_STD_I64LE) : (is_big ? H5T_STD_U64BE : H5T_STD_U64LE);
    default: return H5I_INVALID_HID;
    }
}
static inline hid_t chdf5_float(int size, int is_big)
{
    if (size == 8)
        return is_big ? H5T_IEEE_F64BE : H5T_IEEE_F64LE;
    return is_big ? H5T_IEEE_F32BE : H5T_IEEE_F32LE;
}
static inline hid_t chdf5_long_double(void) { return H5T_NATIVE_LDOUBLE; }
static inline hid_t chdf5_bitfield(void) { return H5T_STD_B8LE; }
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }
static inline hid_t chdf5_object_reference(void) { return H5T_STD_REF_OBJ; }
static inline hid_t chdf5_region_reference(void) { return H5T_STD_REF_DSETREG; }
static inline size_t chdf5_variable(void) { return H5T_VARIABLE; }
static inline hid_t chdf5_minor_no_space(void) { return H5E_NOSPACE; }
static inline haddr_t chdf5_undefined_address(void) { return HADDR_UNDEF; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }
static inline hid_t chdf5_class_link_creation(void) { return H5P_LINK_CREATE; }
static inline hid_t chdf5_class_group_creation(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_class_datatype_creation(void) { return H5P_DATATYPE_CREATE; }
static inline hid_t chdf5_class_dataset_creation(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_class_object_copy(void) { return H5P_OBJECT_COPY; }
static inline unsigned chdf5_copy_shallow(void) { return H5O_COPY_SHALLOW_HIERARCHY_FLAG; }
static inline unsigned chdf5_copy_soft_links(void) { return H5O_COPY_EXPAND_SOFT_LINK_FLAG; }
static inline unsigned chdf5_copy_external_links(void) { return H5O_COPY_EXPAND_EXT_LINK_FLAG; }
static inline unsigned chdf5_copy_references(void) { return H5O_COPY_EXPAND_REFERENCE_FLAG; }
static inline unsigned chdf5_copy_without_attributes(void) { return H5O_COPY_WITHOUT_ATTR_FLAG; }
static inline unsigned chdf5_copy_null_messages(void) { return H5O_COPY_PRESERVE_NULL_FLAG; }
static inline hid_t chdf5_class_attribute_creation(void) { return H5P_ATTRIBUTE_CREATE; }

/* ---- The loaded library ---- */

typedef struct {
    const char *file;
    void *base;
    const char *symbol;
    void *address;
} chdf5_image;
/* dladdr(3) by another name: its own declaration is hidden without _GNU_SOURCE. */
extern int chdf5_dladdr(const void *address, chdf5_image *image) __asm__("dladdr");
/* The path of the libhdf5 that is loaded, or NULL. */
static inline const char *chdf5_library(void)
{
    chdf5_image image = {0};
    return chdf5_dladdr((const void *)(uintptr_t)&H5open, &image) ? image.file : NULL;
}

/* ---- The driver ---- */

/* What a file access property list carries for the driver: a reference that its owner keeps alive. */
typedef struct {
    void *access;
} chdf5_driver_info;

/* The driver's file; libhdf5 owns the first member, `access` is a retained reference. */
typedef struct {
    H5FD_t library;
    void *access;
    haddr_t end_of_allocation;
} chdf5_file;

/* Sets what only some versions of the driver's class have. Numbers below 256 are libhdf5's own. */
static inline void chdf5_identify_driver(H5FD_class_t *driver)
{
#if H5_VERSION_GE(1, 14, 0)
    driver->version = H5FD_CLASS_VERSION;
#endif
#if H5_VERSION_GE(1, 13, 0)
    driver->value = (H5FD_class_value_t)743;
#endif
    const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    memcpy(driver->fl_map, map, sizeof map);
}
static inline unsigned long chdf5_driver_features(void)
{
    return H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
}

/* ---- What 1.12 renamed ---- */

#if H5_VERSION_GE(1, 12, 0)
typedef H5L_info2_t chdf5_link_info;
typedef H5L_iterate2_t chdf5_link_visitor;
static inline herr_t chdf5_iterate(hid_t g, H5_index_t index, hsize_t *at, chdf5_link_visitor visit, void *context)
{
    return H5Literate2(g, index, H5_ITER_INC, at, visit, context);
}
static inline herr_t chdf5_link(hid_t group, const char *name, chdf5_link_info *info, hid_t lapl)
{
    return H5Lget_info2(group, name, info, lapl);
}
static inline herr_t chdf5_reclaim(hid_t type, hid_t space, void *buffer)
{
    return H5Treclaim(type, space, H5P_DEFAULT, buffer);
}
#else
typedef H5L_info_t chdf5_link_info;
typedef H5L_iterate_t chdf5_link_visitor;
static inline herr_t chdf5_iterate(hid_t g, H5_index_t index, hsize_t *at, chdf5_link_visitor visit, void *context)
{
    return H5Literate(g, index, H5_ITER_INC, at, visit, context);
}
static inline herr_t chdf5_link(hid_t group, const char *name, chdf5_link_info *info, hid_t lapl)
{
    return H5Lget_info(group, name, info, lapl);
}
static inline herr_t chdf5_reclaim(hid_t type, hid_t space, void *buffer)
{
    return H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
}
#endif

/* The address of the object header to which a hard link leads. */
static inline uint64_t chdf5_link_address(const chdf5_link_info *info)
{
#if H5_VERSION_GE(1, 12, 0)
    uint64_t address = 0;
    memcpy(&address, &info->u.token, sizeof address);
    return address;
#else
    return info->u.address;
#endif
}

/* An object's identity inside its file, its kind and its number of attributes. */
typedef struct {
    uint64_t token[2];
    H5O_type_t type;
    unsigned reference_count;
    hsize_t attribute_count;
} chdf5_object_info;

#if H5_VERSION_GE(1, 12, 0)
static inline herr_t chdf5_object_adopt(herr_t status, const H5O_info2_t *from, chdf5_object_info *info)
{
    if (status < 0)
        return status;
    memcpy(info->token, &from->token, sizeof info->token);
    info->type = from->type;
    info->reference_count = from->rc;
    info->attribute_count = from->num_attrs;
    return status;
}
static inline herr_t chdf5_object(hid_t object, chdf5_object_info *info)
{
    H5O_info2_t whole;
    return chdf5_object_adopt(H5Oget_info3(object, &whole, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS), &whole, info);
}
static inline herr_t chdf5_object_by_name(hid_t group, const char *name, chdf5_object_info *info, hid_t lapl)
{
    H5O_info2_t whole;
    return chdf5_object_adopt(
        H5Oget_info_by_name3(group, name, &whole, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS, lapl), &whole, info);
}
#else
static inline herr_t chdf5_object_adopt(herr_t status, const H5O_info_t *from, chdf5_object_info *info)
{
    if (status < 0)
        return status;
    info->token[0] = from->addr;
    info->token[1] = 0;
    info->type = from->type;
    info->reference_count = from->rc;
    info->attribute_count = from->num_attrs;
    return status;
}
static inline herr_t chdf5_object(hid_t object, chdf5_object_info *info)
{
    H5O_info_t whole;
    return chdf5_object_adopt(H5Oget_info2(object, &whole, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS), &whole, info);
}
static inline herr_t chdf5_object_by_name(hid_t group, const char *name, chdf5_object_info *info, hid_t lapl)
{
    H5O_info_t whole;
    return chdf5_object_adopt(
        H5Oget_info_by_name2(group, name, &whole, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS, lapl), &whole, info);
}
#endif

/* Whether an object keeps the times of its changes; negative for a failure. */
static inline int chdf5_keeps_times(hid_t object)
{
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t whole;
    herr_t status = H5Oget_info3(object, &whole, H5O_INFO_TIME);
#else
    H5O_info_t whole;
    herr_t status = H5Oget_info2(object, &whole, H5O_INFO_TIME);
#endif
    return status < 0 ? -1 : whole.ctime != 0;
}

/* Whether an object keeps attributes beside its header; negative for a failure. */
static inline int chdf5_has_dense_attributes(hid_t object)
{
#if H5_VERSION_GE(1, 12, 0)
    H5O_native_info_t whole;
    herr_t status = H5Oget_native_info(object, &whole, H5O_NATIVE_INFO_META_SIZE);
#else
    H5O_info_t whole;
    herr_t status = H5Oget_info2(object, &whole, H5O_INFO_META_SIZE);
#endif
    return status < 0 ? -1 : whole.meta_size.attr.heap_size > 0;
}

/* The version of an object's header; negative for a failure. */
static inline int chdf5_header_version(hid_t object)
{
#if H5_VERSION_GE(1, 12, 0)
    H5O_native_info_t whole;
    herr_t status = H5Oget_native_info(object, &whole, H5O_NATIVE_INFO_HDR);
#else
    H5O_info_t whole;
    herr_t status = H5Oget_info2(object, &whole, H5O_INFO_HDR);
#endif
    return status < 0 ? -1 : (int)whole.hdr.version;
}

/* Whether a group keeps its links in its header; negative for a failure. */
static inline int chdf5_has_compact_links(hid_t group)
{
    H5G_info_t info;
    return H5Gget_info(group, &info) < 0 ? -1 : info.storage_type == H5G_STORAGE_TYPE_COMPACT;
}

/// Every kind of object that was opened through one file identifier, the identifier itself included.
static inline unsigned chdf5_all_of_this_file(void) { return H5F_OBJ_ALL | H5F_OBJ_LOCAL; }

#endif
