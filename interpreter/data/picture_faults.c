#include "picture_faults.h"

#include "images.h"
#include "picture.h"

enum { MOST_READ = 20000 }; /* a minute or so */

static nt_status try_picture(const void *context, int32_t i, nt_error *error) {
    const char *const *paths = context;
    nt_picture picture;
    NT_TRY(nt_picture_read_stored(paths[i], NT_AS_IMAGE, &picture, error));
    nt_picture_finish(&picture);
    return NT_OK;
}

nt_status nt_picture_faults(const char *const *paths, int32_t count, nt_status status,
                            nt_error *found, nt_error *error) {
    int said = error->count + error->dropped;
    nt_status tried = NT_OK;
    if (status == NT_INVALID && count > 0)
        tried = nt_read_samples(count < MOST_READ ? count : MOST_READ, try_picture, paths, error);
    if (error->count + error->dropped == said)
        nt_error_move(error, found);
    nt_error_finish(found);
    nt_error_init(found);
    return tried == NT_OK || tried == NT_INVALID ? status : tried;
}
