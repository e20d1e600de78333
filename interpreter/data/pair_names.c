/* Where images' names end in I and masks' in M, the masks of the image a/bI are
 *
 *     a/bM              its one mask
 *     a/bM_1, a/bM-02   one of several, numbered after one of "_-. "
 *     a/b/…             one of several, in a folder of the image's name without I
 *
 * and of a page of a file those with the same page. */
#include "pair_names.h"

#include <string.h>

static bool ends_with(const char *text, size_t length, const char *end) {
    size_t size = strlen(end);
    return length > size && memcmp(text + length - size, end, size) == 0;
}

/* The length of a name before the number that it ends in; 0: it ends in none. */
static size_t before_number(const char *stem, size_t length) {
    size_t end = length;
    while (end > 0 && stem[end - 1] >= '0' && stem[end - 1] <= '9')
        end--;
    return end < length && end > 1 && strchr("_-. ", stem[end - 1]) ? end - 1 : 0;
}

/* In the order of a list of pictures, the sign of where a file is beside that whose stem is
 * `length` bytes and a suffix. */
static int compare(const nt_picture_file *file, const char *stem, size_t length, const char *suffix,
                   int32_t page) {
    size_t own = nt_picture_stem_length(file), wanted = length + strlen(suffix);
    size_t shared = own < length ? own : length;
    int order = memcmp(file->stem, stem, shared);
    if (order == 0 && own > length) {
        shared = (own < wanted ? own : wanted) - length;
        order = memcmp(file->stem + length, suffix, shared);
    }
    if (order == 0 && own != wanted)
        return own < wanted ? -1 : 1;
    return order != 0 ? order : (file->page > page) - (file->page < page);
}

/* The index of that file; -1: there is none. */
static int32_t find(const nt_picture_files *files, const char *stem, size_t length,
                    const char *suffix, int32_t page) {
    int32_t low = 0, high = files->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int order = compare(&files->items[middle], stem, length, suffix, page);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* The image whose mask is called by the first `length` bytes of a stem. */
static int32_t find_image(const nt_pair_names *names, const nt_picture_file *mask, size_t length) {
    if (!ends_with(mask->stem, length, names->mask_suffix))
        return -1;
    return find(&names->images, mask->stem, length - strlen(names->mask_suffix),
                names->image_suffix, mask->page);
}

bool nt_pair_names_image(const nt_pair_names *names, const nt_picture_file *file) {
    size_t length = nt_picture_stem_length(file), suffix = strlen(names->image_suffix);
    if (!ends_with(file->stem, length, names->image_suffix))
        return false;
    if (!names->together || !nt_pair_names_mask(names, file))
        return true;
    if (ends_with(file->stem, length, names->mask_suffix))
        return strlen(names->mask_suffix) < suffix;
    return find(&names->masks, file->stem, length - suffix, names->mask_suffix, file->page) >= 0;
}

bool nt_pair_names_mask(const nt_pair_names *names, const nt_picture_file *file) {
    size_t length = nt_picture_stem_length(file);
    if (!names->together)
        return true;
    return names->mask_suffix[0] &&
           (ends_with(file->stem, length, names->mask_suffix) ||
            ends_with(file->stem, before_number(file->stem, length), names->mask_suffix));
}

int32_t nt_pair_names_only(const nt_pair_names *names, const nt_picture_file *mask) {
    return find_image(names, mask, nt_picture_stem_length(mask));
}

int32_t nt_pair_names_among(const nt_pair_names *names, const nt_picture_file *mask) {
    size_t length = nt_picture_stem_length(mask), folder = length;
    int32_t image = find_image(names, mask, before_number(mask->stem, length));
    while (folder > 0 && mask->stem[folder - 1] != '/')
        folder--;
    if (image >= 0 || folder < 2 || (names->mask_suffix[0] && !nt_pair_names_mask(names, mask)))
        return image;
    return find(&names->images, mask->stem, folder - 1, names->image_suffix, mask->page);
}
