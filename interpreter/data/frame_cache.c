/* A short list under one lock, which is free while a frame is read: its entry is there without
 * bytes, and who wants it waits. */
#include "frame_cache.h"

#include "alloc.h"
#include <pthread.h>

typedef struct entry {
    uint64_t key, used; /* when it was last taken */
    void *bytes;        /* NULL: it is being read */
    size_t size;
    int users;
} entry;

struct nt_frame_cache {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    entry *entries;
    size_t count, capacity;
    int64_t total; /* bytes, with those that are being read */
    uint64_t now;
};

nt_frame_cache *nt_frame_cache_new(void) {
    nt_frame_cache *cache = nt_alloc_zero(sizeof *cache);
    if (!cache)
        return NULL;
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->changed, NULL);
    return cache;
}

void nt_frame_cache_free(nt_frame_cache *cache) {
    if (!cache)
        return;
    for (size_t i = 0; i < cache->count; i++)
        nt_free(cache->entries[i].bytes, cache->entries[i].size);
    nt_free(cache->entries, cache->capacity * sizeof *cache->entries);
    pthread_cond_destroy(&cache->changed);
    pthread_mutex_destroy(&cache->lock);
    nt_free(cache, sizeof *cache);
}

/* --- under the lock --------------------------------------------------------------------------- */

static entry *find(const nt_frame_cache *cache, uint64_t key) {
    for (size_t i = 0; i < cache->count; i++)
        if (cache->entries[i].key == key)
            return &cache->entries[i];
    return NULL;
}

static void drop(nt_frame_cache *cache, entry *e) {
    nt_free(e->bytes, e->size);
    cache->total -= (int64_t)e->size;
    *e = cache->entries[--cache->count];
}

/* Makes room for `size` bytes more, as far as frames are free. */
static void make_room(nt_frame_cache *cache, size_t size, int64_t most) {
    while (cache->total + (int64_t)size > most && cache->count >= NT_FRAMES_KEPT) {
        entry *oldest = NULL;
        for (size_t i = 0; i < cache->count; i++) {
            entry *e = &cache->entries[i];
            if (e->users == 0 && (!oldest || e->used < oldest->used))
                oldest = e;
        }
        if (!oldest)
            return;
        drop(cache, oldest);
    }
}

/* A frame that is there, once nobody is reading it any more; NULL: it is to be read. */
static const void *take_kept(nt_frame_cache *cache, uint64_t key) {
    entry *e;
    while ((e = find(cache, key)) && !e->bytes)
        pthread_cond_wait(&cache->changed, &cache->lock);
    if (!e)
        return NULL;
    e->users++;
    e->used = ++cache->now;
    return e->bytes;
}

static bool announce(nt_frame_cache *cache, const nt_frame_reader *reader, int64_t most) {
    make_room(cache, reader->size, most);
    if (!nt_grow((void **)&cache->entries, &cache->capacity, cache->count, sizeof(entry)))
        return false;
    cache->entries[cache->count++] =
        (entry){.key = reader->key, .used = ++cache->now, .size = reader->size, .users = 1};
    cache->total += (int64_t)reader->size;
    return true;
}

/* --- taking ----------------------------------------------------------------------------------- */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading a volume");
}

/* Reads a frame that was announced; the lock is free. */
static nt_status read_frame(nt_frame_cache *cache, const nt_frame_reader *reader, const void **ret,
                            nt_error *error) {
    void *bytes = nt_alloc(reader->size);
    nt_status status = bytes ? reader->read(reader->context, bytes, error) : no_memory(error);
    pthread_mutex_lock(&cache->lock);
    entry *e = find(cache, reader->key);
    e->bytes = bytes;
    if (status == NT_OK)
        *ret = bytes;
    else
        drop(cache, e);
    pthread_cond_broadcast(&cache->changed);
    pthread_mutex_unlock(&cache->lock);
    return status;
}

nt_status nt_frame_cache_take(nt_frame_cache *cache, const nt_frame_reader *reader, int64_t most,
                              const void **ret, nt_error *error) {
    pthread_mutex_lock(&cache->lock);
    const void *kept = take_kept(cache, reader->key);
    bool announced = kept || announce(cache, reader, most);
    pthread_mutex_unlock(&cache->lock);
    if (!announced)
        return no_memory(error);
    if (!kept)
        return read_frame(cache, reader, ret, error);
    *ret = kept;
    return NT_OK;
}

void nt_frame_cache_give(nt_frame_cache *cache, uint64_t key) {
    pthread_mutex_lock(&cache->lock);
    find(cache, key)->users--;
    pthread_mutex_unlock(&cache->lock);
}
