/* What torch.save writes (torch/serialization.py), in both forms. Since PyTorch 1.6 a zip archive,
 *
 *     NAME/data.pkl        the object; a tensor names its storage by key
 *     NAME/data/KEY        a storage's elements, little-endian unless NAME/byteorder says "big"
 *
 * and before that, or when asked for, pickles one after the other, then the storages:
 *
 *     | magic number | version, 1001 | sizes and byte order | the object | list of keys |
 *     | for each key: elements, 8 bytes | its elements | …
 *
 * Names of files mean nothing: .pt, .pth and .bin are the same. */
#include "weights_format.h"

#include "alloc.h"
#include "pickle.h"
#include "pytorch_parts.h"
#include "zip_directory.h"
#include <stdlib.h>
#include <string.h>

static const char zip_signature[] = "PK\x03\x04";
static const char magic[] =
    "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."; /* and its pickle */

static bool is_zip(const unsigned char *first, size_t size) {
    return size >= 4 && memcmp(first, zip_signature, 4) == 0;
}

/* A protocol, perhaps a frame, and the magic number. */
static bool begins(const unsigned char *first, size_t size) {
    enum { WITHIN = 32 };
    if (is_zip(first, size))
        return true;
    return size > 2 && first[0] == 0x80 &&
           memmem(first, size < WITHIN ? size : WITHIN, magic, sizeof magic - 1) != NULL;
}

static nt_status other_order(const nt_tensor_file *file) {
    nt_error_in(file->error, NT_INVALID, file->path, -1,
                "was written on a machine that puts the most significant byte first");
    nt_error_hint(file->error, "load it in Python, and save it again on this machine");
    return NT_INVALID;
}

static int by_key(const void *a, const void *b) {
    const nt_pickled *const *x = a, *const *y = b;
    return strcmp((*x)->storage.key, (*y)->storage.key);
}

/* A storage's bytes; the number of its elements has been compared with their room. */
static int64_t bytes_of(const nt_pickled_storage *storage) {
    int64_t size;
    return __builtin_mul_overflow(storage->count, storage->encoding->width, &size) ? INT64_MAX
                                                                                   : size;
}

/* --- the zip archive -------------------------------------------------------------------------- */

typedef struct archive {
    const nt_tensor_file *file;
    nt_zip zip;
    const char *folder; /* "NAME/" */
} archive;

static const nt_zip_member *member_of(const archive *a, const char *name) {
    const char *path = nt_arena_printf(a->file->arena, "%s%s", a->folder, name);
    return path ? nt_zip_find(&a->zip, path) : NULL;
}

/* The folder of data.pkl; says of archives without one what they are. */
static nt_status find_folder(archive *a) {
    static const char object[] = "/data.pkl";
    const nt_tensor_file *file = a->file;
    bool arrays = a->zip.count > 0;
    for (size_t i = 0; i < a->zip.count; i++) {
        const char *name = a->zip.members[i].name, *slash = strchr(name, '/');
        size_t length = strlen(name);
        if (slash && strcmp(slash, object) == 0) {
            a->folder = nt_arena_substring(file->arena, name, (size_t)(slash + 1 - name));
            return a->folder ? NT_OK : nt_tensor_file_no_memory(file);
        }
        arrays = arrays && length > 4 && strcmp(name + length - 4, ".npy") == 0;
    }
    nt_error_in(file->error, NT_INVALID, file->path, -1,
                arrays ? "is an archive of NumPy's arrays (.npz), not weights of PyTorch"
                       : "is a zip archive, but none that torch.save wrote");
    nt_error_hint(file->error, arrays ? "save them with safetensors.numpy.save_file(dict(numpy."
                                        "load(FILE)), \"weights.safetensors\")"
                                      : "unpack it, if the weights are in it");
    return NT_INVALID;
}

/* What else is in the archive tells programs, and the order of bytes. */
static nt_status check_archive(const archive *a) {
    const nt_tensor_file *file = a->file;
    const nt_zip_member *order = member_of(a, "byteorder");
    char bytes[3];
    int64_t begin;
    if (member_of(a, "constants.pkl")) {
        nt_error_in(file->error, NT_INVALID, file->path, -1,
                    "is a TorchScript program, not tensors by name");
        nt_error_hint(file->error, "in Python: torch.save(torch.jit.load(FILE).state_dict(), "
                                   "\"weights.pt\")");
        return NT_INVALID;
    }
    if (!order || order->size != (int64_t)sizeof bytes)
        return NT_OK;
    NT_TRY(nt_zip_locate(file, order, &begin));
    NT_TRY(nt_tensor_file_pread(file, bytes, sizeof bytes, begin));
    return memcmp(bytes, "big", sizeof bytes) == 0 ? other_order(file) : NT_OK;
}

static nt_status locate_in_zip(const archive *a, const nt_pickle_reader *pickle) {
    const nt_tensor_file *file = a->file;
    for (size_t i = 0; i < pickle->storage_count; i++) {
        nt_pickled_storage *storage = &pickle->storages[i]->storage;
        const char *name = nt_arena_printf(file->arena, "data/%s", storage->key);
        const nt_zip_member *member = name ? member_of(a, name) : NULL;
        if (!member || member->size < bytes_of(storage)) {
            nt_error_in(file->error, NT_INVALID, file->path, member ? member->header : -1,
                        "'%sdata/%s' of the archive %s", nt_tensor_file_show(file, a->folder),
                        nt_tensor_file_show(file, storage->key),
                        member ? "has fewer elements than its tensors" : "is not there");
            nt_error_hint(file->error, "copy or download the file again");
            return NT_INVALID;
        }
        NT_TRY(nt_zip_locate(file, member, &storage->begin));
    }
    return NT_OK;
}

static nt_status read_zip(const nt_tensor_file *file, nt_weights_parts *ret) {
    archive a = {.file = file};
    nt_pickled *root;
    NT_TRY(nt_zip_read(file, &a.zip));
    NT_TRY(find_folder(&a));
    NT_TRY(check_archive(&a));
    const nt_zip_member *object = member_of(&a, "data.pkl");
    if (!object)
        return nt_tensor_file_no_memory(file);
    nt_pickle_reader pickle = {.file = file, .size = object->size};
    pickle.path = nt_arena_printf(file->arena, "%s (%s)", file->path,
                                  nt_tensor_file_show(file, object->name));
    if (!pickle.path)
        return nt_tensor_file_no_memory(file);
    nt_status status = nt_zip_locate(file, object, &pickle.begin);
    if (status == NT_OK)
        status = nt_pickle_read(&pickle, &root);
    if (status == NT_OK)
        status = locate_in_zip(&a, &pickle);
    nt_pickle_finish(&pickle);
    return status == NT_OK ? nt_pytorch_parts(file, root, ret) : status;
}

/* --- the legacy form -------------------------------------------------------------------------- */

static bool is_false(const nt_pickled *value) {
    return value->kind == NT_PICKLED_BOOL && !value->integer;
}

/* The value of a dict's key; NULL without it. */
static const nt_pickled *value_of(const nt_pickled *dict, const char *key) {
    for (size_t i = 0; dict->kind == NT_PICKLED_DICT && i + 1 < dict->list.count; i += 2) {
        const nt_pickled *found = dict->list.items[i];
        if (found->kind == NT_PICKLED_TEXT && strcmp(found->text, key) == 0)
            return dict->list.items[i + 1];
    }
    return NULL;
}

static nt_status damaged(const nt_tensor_file *file, int64_t at, const char *what) {
    nt_error_in(file->error, NT_INVALID, file->path, at, "%s", what);
    nt_error_hint(file->error, "copy or download the file again");
    return NT_INVALID;
}

/* Storage number `key` of the list begins at `*at`; its elements are counted there again. */
static nt_status locate_one(const nt_pickle_reader *pickle, nt_pickled *key, int64_t *at) {
    const nt_tensor_file *file = pickle->file;
    unsigned char bytes[8];
    int64_t count = 0;
    if (key->kind != NT_PICKLED_TEXT)
        return damaged(file, *at, "the key of a storage is no text");
    nt_pickled wanted = {.storage = {.key = key->text}};
    const nt_pickled *pointer = &wanted;
    nt_pickled **found =
        pickle->storage_count
            ? bsearch(&pointer, pickle->storages, pickle->storage_count, sizeof pointer, by_key)
            : NULL;
    if (!found)
        return damaged(file, *at, "a storage follows that no tensor is of");
    NT_TRY(nt_tensor_file_pread(file, bytes, sizeof bytes, *at));
    for (int i = 7; i >= 0; i--)
        count = (int64_t)((uint64_t)count << 8 | bytes[i]);
    int64_t size = bytes_of(&(*found)->storage), left = file->size - *at - (int64_t)sizeof bytes;
    if (count != (*found)->storage.count || size > left)
        return damaged(file, *at,
                       "a storage has another number of elements than its tensors say, "
                       "or is cut short");
    (*found)->storage.begin = *at + (int64_t)sizeof bytes;
    *at += (int64_t)sizeof bytes + size;
    return NT_OK;
}

/* What is named more than once is one storage. Those with the same key stand together, and any of
 * them may have been found. */
static nt_status share_places(const nt_pickle_reader *pickle) {
    for (size_t i = 0, j; i < pickle->storage_count; i = j) {
        const nt_pickled_storage *found = NULL;
        for (j = i;
             j < pickle->storage_count && by_key(&pickle->storages[i], &pickle->storages[j]) == 0;
             j++)
            if (pickle->storages[j]->storage.begin >= 0)
                found = &pickle->storages[j]->storage;
        if (!found)
            return damaged(pickle->file, -1, "a storage that a tensor is of is not there");
        for (size_t k = i; k < j; k++) {
            nt_pickled_storage *storage = &pickle->storages[k]->storage;
            if (storage->encoding != found->encoding || storage->count != found->count)
                return damaged(pickle->file, found->begin,
                               "tensors don't agree on the type or the length of this storage");
            storage->begin = found->begin;
        }
    }
    return NT_OK;
}

static nt_status locate_in_order(nt_pickle_reader *pickle, const nt_pickled *keys) {
    int64_t at = (int64_t)pickle->at;
    if (keys->kind != NT_PICKLED_LIST)
        return damaged(pickle->file, at, "there is no list of storages before here");
    if (pickle->storage_count)
        qsort(pickle->storages, pickle->storage_count, sizeof *pickle->storages, by_key);
    for (size_t i = 0; i < keys->list.count; i++)
        NT_TRY(locate_one(pickle, keys->list.items[i], &at));
    return share_places(pickle);
}

static nt_status read_pickles(nt_pickle_reader *pickle, nt_pickled **ret) {
    nt_pickled *number, *version, *machine, *keys;
    NT_TRY(nt_pickle_read(pickle, &number));
    NT_TRY(nt_pickle_read(pickle, &version));
    if (version->kind != NT_PICKLED_INTEGER || version->integer != 1001)
        return damaged(pickle->file, (int64_t)pickle->at, "is of an unknown version of torch.save");
    NT_TRY(nt_pickle_read(pickle, &machine));
    const nt_pickled *little = value_of(machine, "little_endian");
    if (little && is_false(little))
        return other_order(pickle->file);
    NT_TRY(nt_pickle_read(pickle, ret));
    NT_TRY(nt_pickle_read(pickle, &keys));
    return locate_in_order(pickle, keys);
}

static nt_status read_legacy(const nt_tensor_file *file, nt_weights_parts *ret) {
    nt_pickle_reader pickle = {.file = file, .path = file->path, .size = file->size};
    nt_pickled *root;
    nt_status status = read_pickles(&pickle, &root);
    nt_pickle_finish(&pickle);
    return status == NT_OK ? nt_pytorch_parts(file, root, ret) : status;
}

static nt_status read(const nt_tensor_file *file, nt_weights_parts *ret) {
    unsigned char first[4];
    NT_TRY(nt_tensor_file_pread(file, first, sizeof first, 0));
    return is_zip(first, sizeof first) ? read_zip(file, ret) : read_legacy(file, ret);
}

const nt_weights_format nt_weights_format_pytorch = {
    .kind = {.name = "pytorch", .doc = "what torch.save writes", .fields = nt_no_fields},
    .begins = begins,
    .read = read,
};
