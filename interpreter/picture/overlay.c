/* Pictures of masks: each pixel becomes a square of ZOOM by ZOOM, so that outlines can run within
 * the pixels of their own class. The colours repeat after the last. */
#include "overlay.h"

#include "alloc.h"
#include "picture.h"
#include "tensor.h"

enum { ZOOM = 3, COLORS = 256 };

/* Colours that most people can tell apart (Okabe and Ito 2008); classes beyond them begin anew. */
static void fill_palette(unsigned char palette[COLORS][3]) {
    static const unsigned char colors[][3] = {{230, 159, 0},  {86, 180, 233}, {0, 158, 115},
                                              {240, 228, 66}, {0, 114, 178},  {213, 94, 0},
                                              {204, 121, 167}};
    for (int i = 0; i < COLORS; i++)
        for (int k = 0; k < 3; k++)
            palette[i][k] = i == 0 ? 0 : i == NT_NO_CLASS ? 128 : colors[(i - 1) % 7][k];
}

nt_status nt_overlay_write_mask(const nt_overlay *o, const char *path, nt_error *error) {
    unsigned char palette[COLORS][3];
    fill_palette(palette);
    const nt_picture picture = {.rows = o->rows,
                                .columns = o->columns,
                                .channels = 1,
                                .values = (void *)(uintptr_t)o->mask};
    return nt_picture_write_png(path, &picture, (const unsigned char(*)[3])palette, COLORS, error);
}

/* Whether a pixel of the large picture lies on its class's edge: the next pixel outwards is of
 * another class. `sub` counts within the pixel. */
static bool on_edge(const nt_overlay *o, const unsigned char *mask, int32_t r, int32_t c, int sub_r,
                    int sub_c) {
    int32_t class = mask[r * o->columns + c];
    int down = sub_r == 0 ? -1 : sub_r == ZOOM - 1, right = sub_c == 0 ? -1 : sub_c == ZOOM - 1;
    int32_t row = r + down, column = c + right;
    bool above = down && row >= 0 && row < o->rows && mask[row * o->columns + c] != class;
    bool beside =
        right && column >= 0 && column < o->columns && mask[r * o->columns + column] != class;
    return class != 0 && class != NT_NO_CLASS && (above || beside);
}

typedef struct range {
    float least, most;
} range;

static range range_of(const nt_overlay *o) {
    int64_t count = (int64_t)o->rows * o->columns * o->channels;
    range found = {o->image[0], o->image[0]};
    for (int64_t i = 1; i < count; i++) {
        found.least = o->image[i] < found.least ? o->image[i] : found.least;
        found.most = o->image[i] > found.most ? o->image[i] : found.most;
    }
    return found;
}

static unsigned char shade(float value, range of) {
    float share = of.most > of.least ? (value - of.least) / (of.most - of.least) : 0;
    return (unsigned char)(255 * share + 0.5f);
}

/* One pixel of the large picture. */
static void paint(const nt_overlay *o, range of, const unsigned char palette[COLORS][3], int32_t r,
                  int32_t c, int sub_r, int sub_c, unsigned char *ret) {
    int64_t p = (int64_t)r * o->columns + c;
    int32_t class = o->mask[p];
    bool edge = on_edge(o, o->mask, r, c, sub_r, sub_c);
    bool white = o->truth && on_edge(o, o->truth, r, c, sub_r, sub_c);
    for (int k = 0; k < 3; k++) {
        int grey = shade(o->image[p * o->channels + (o->channels == 3 ? k : 0)], of);
        int color = palette[class][k];
        ret[k] = (unsigned char)(white        ? 255
                                 : edge       ? color
                                 : class == 0 ? grey
                                              : (7 * grey + 3 * color) / 10);
    }
}

nt_status nt_overlay_write(const nt_overlay *o, const char *path, nt_error *error) {
    unsigned char palette[COLORS][3];
    nt_picture picture = {.rows = o->rows * ZOOM, .columns = o->columns * ZOOM, .channels = 3};
    range of = range_of(o);
    fill_palette(palette);
    NT_TRY(nt_picture_alloc(path, &picture, error));
    unsigned char *at = picture.values;
    for (int32_t r = 0; r < picture.rows; r++)
        for (int32_t c = 0; c < picture.columns; c++, at += 3)
            paint(o, of, (const unsigned char(*)[3])palette, r / ZOOM, c / ZOOM, r % ZOOM, c % ZOOM,
                  at);
    nt_status status = nt_picture_write_png(path, &picture, NULL, 0, error);
    nt_picture_finish(&picture);
    return status;
}
